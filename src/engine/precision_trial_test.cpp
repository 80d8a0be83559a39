#include "engine/precision_trial.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/image_predictor.h"
#include "model/backbone.h"
#include "model/residual_network.h"

namespace vitrine::engine {
namespace {

PrecisionTrial trial(Precision precision, double accuracy, double agreement, double speed_up) {
  return {.precision = precision,
          .photos = 1000,
          .accuracy_f32 = 0.9,
          .accuracy = accuracy,
          .agreement = agreement,
          .speed_up = speed_up};
}

model::Card decided(const std::vector<PrecisionTrial>& trials) {
  model::Card card;
  card.input = model::InputKind::photos;
  card.precision = Precision::int8;
  decide_precision(card, {trials, model::ActivationRanges{"net", {-1, 0}, {1, 6}, 3}});
  return card;
}

TEST(PrecisionTrial, accepts_small_losses_of_accuracy_and_few_changed_labels) {
  EXPECT_TRUE(trial(Precision::bf16, 0.895, 0.98, 2).accepted());
  EXPECT_FALSE(trial(Precision::bf16, 0.894, 1, 2).accepted());
  EXPECT_FALSE(trial(Precision::bf16, 0.9, 0.979, 2).accepted());
  EXPECT_FALSE(trial(Precision::int8, 0.9, 0.985, 2).accepted());
  EXPECT_TRUE(trial(Precision::int8, 0.9, 0.99, 2).accepted());
}

TEST(PrecisionTrial, the_fastest_accepted_precision_is_chosen) {
  const auto bf16 = trial(Precision::bf16, 0.9, 1, 1.8);
  EXPECT_EQ(decided({}).precision, Precision::f32);
  EXPECT_EQ(decided({bf16}).precision, Precision::bf16);
  EXPECT_EQ(decided({bf16, trial(Precision::int8, 0.9, 1, 2.5)}).precision, Precision::int8);
  EXPECT_EQ(decided({bf16, trial(Precision::int8, 0.9, 1, 1.7)}).precision, Precision::bf16);
  EXPECT_EQ(decided({bf16, trial(Precision::int8, 0.8, 1, 2.5)}).precision, Precision::bf16);
  EXPECT_EQ(decided({trial(Precision::bf16, 0.5, 1, 1.8)}).precision, Precision::f32);
  EXPECT_EQ(decided({trial(Precision::bf16, 0.9, 1, 0.7)}).precision, Precision::f32);
}

TEST(PrecisionTrial, the_card_keeps_all_measurements_and_the_ranges_of_int8) {
  model::Card card =
      decided({trial(Precision::bf16, 0.9, 1, 1.8), trial(Precision::int8, 0.9, 1, 2.5)});
  card.schema.target.name = card.schema.target.key = "y";
  card.schema.target.classes = {{"no", "no", {}, 1}, {"yes", "yes", {}, 1}};
  card.algorithm = "frozen";
  const model::Card read = model::card_from_json(model::to_json(card).dump(), "test");
  EXPECT_EQ(read.precision, Precision::int8);
  EXPECT_TRUE(read.measured(Precision::bf16)->accepted);
  ASSERT_TRUE(read.ranges.has_value());
  EXPECT_EQ(read.ranges->network, "net");
  EXPECT_EQ(read.ranges->most, (std::vector<float>{1, 6}));
  EXPECT_EQ(read.ranges->skip_first_layers, 3U);
  EXPECT_FALSE(decided({trial(Precision::bf16, 0.9, 1, 1.8)}).ranges.has_value());
  EXPECT_EQ(read.measured(Precision::bf16)->skip_first_layers, 0);
  auto skip_first_layers = trial(Precision::bf16, 0.9, 1, 1.8);
  skip_first_layers.skip_first_layers = 7;
  EXPECT_EQ(decided({skip_first_layers}).measured(Precision::bf16)->skip_first_layers, 7);
  Json broken = model::to_json(card);
  broken["precision"]["ranges"]["least"] = "much";
  EXPECT_THROW(model::card_from_json(broken.dump(), "test"), Error);
}

/// A network with random weights, whose predictions on noise images differ.
model::ModelFile random_model(std::size_t classes) {
  const model::Backbone network = model::residual_network(16, 3);
  model::SoftmaxHead head;
  head.features = 64;
  head.classes = classes;
  Random random(4);
  for (std::size_t i = 0; i < head.features * classes; ++i) {
    head.weights.push_back(static_cast<float>(random.normal()));
  }
  head.bias.assign(classes, 0);
  model::Card card;
  card.input = model::InputKind::photos;
  card.algorithm = "frozen";
  card.image = {16, 16, data::Fit::stretch};
  card.schema.target.name = card.schema.target.key = "class";
  for (std::size_t k = 0; k < classes; ++k) {
    const std::string name = "c" + std::to_string(k);
    card.schema.target.classes.push_back({name, name, {name}, 1});
  }
  return model::parse_model(
      model::serialise_model(
          model::image_graph(model::feature_graph(network, model::known_normalisations()[0]), head),
          card),
      "random.onnx");
}

data::Image noise(std::size_t seed) {
  data::Image photo{16, 16, std::vector<std::uint8_t>(std::size_t{16} * 16 * 3)};
  Random random(seed + 1);
  for (auto& byte : photo.pixels) byte = static_cast<std::uint8_t>(random.below(256));
  return photo;
}

TEST(PrecisionTrial, known_f32_predictions_give_the_same_result_and_hopeless_trials_end_early) {
  if (!processor_has(Precision::bf16)) GTEST_SKIP() << "skipped: this processor has no bf16";
  constexpr std::size_t kPhotos = 320;
  const model::ModelFile file = random_model(4);
  const ImagePredictor plain(file, PrecisionChoice{});
  std::vector<data::Image> photos;
  for (std::size_t i = 0; i < kPhotos; ++i) photos.push_back(noise(i));
  const Predictions f32 = plain.predict(photos);
  const auto try_with = [&](std::span<const float> known) {
    return try_precisions(
               file, f32.predicted, [&](std::size_t i) { return photos[i]; }, known)
        .trials.at(0);
  };
  const PrecisionTrial measured = try_with({});
  const PrecisionTrial known = try_with(f32.probabilities);
  for (const PrecisionTrial& one : {measured, known}) {
    EXPECT_EQ(one.precision, Precision::bf16);
    EXPECT_EQ(one.photos, kPhotos);
    EXPECT_EQ(one.accuracy_f32, 1);
    EXPECT_EQ(one.agreement, measured.agreement);
    EXPECT_EQ(one.largest_difference, measured.largest_difference);
    EXPECT_GT(one.speed_up, 0);
  }
  // Other predictions as reference: the trial is rejected before all photos were used.
  std::vector<float> others(kPhotos * 4, 0);
  for (std::size_t i = 0; i < kPhotos; ++i) {
    others[i * 4 + (static_cast<std::size_t>(f32.predicted[i]) + 1) % 4] = 1;
  }
  const PrecisionTrial hopeless = try_with(others);
  EXPECT_LT(hopeless.photos, kPhotos);
  EXPECT_FALSE(hopeless.accepted());
  EXPECT_LT(hopeless.agreement, 0.1);
}

}  // namespace
}  // namespace vitrine::engine
