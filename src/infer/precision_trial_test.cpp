#include "infer/precision_trial.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "infer/image_predictor.h"
#include "model/backbone.h"
#include "model/residual_network.h"

namespace vitrine {
namespace {

PrecisionTrial trial(Precision precision, double accuracy, double agreement, double speed_up) {
  return {.precision = precision,
          .photos = 1000,
          .accuracy_f32 = 0.9,
          .accuracy = accuracy,
          .agreement = agreement,
          .speed_up = speed_up};
}

Card decided(const std::vector<PrecisionTrial>& trials) {
  Card card;
  card.task = "image";
  card.precision = "int8";
  decide_precision(card, {trials, ActivationRanges{"net", {-1, 0}, {1, 6}, 3}});
  return card;
}

TEST(PrecisionTrial, half_a_point_may_be_lost_and_few_labels_may_change) {
  EXPECT_TRUE(trial(Precision::bf16, 0.895, 0.98, 2).taken());
  EXPECT_FALSE(trial(Precision::bf16, 0.894, 1, 2).taken());
  EXPECT_FALSE(trial(Precision::bf16, 0.9, 0.979, 2).taken());
  EXPECT_FALSE(trial(Precision::int8, 0.9, 0.985, 2).taken());
  EXPECT_TRUE(trial(Precision::int8, 0.9, 0.99, 2).taken());
}

TEST(PrecisionTrial, the_fastest_that_can_be_taken_is_chosen) {
  const auto bf16 = trial(Precision::bf16, 0.9, 1, 1.8);
  EXPECT_EQ(decided({}).precision, "f32");
  EXPECT_EQ(decided({bf16}).precision, "bf16");
  EXPECT_EQ(decided({bf16, trial(Precision::int8, 0.9, 1, 2.5)}).precision, "int8");
  EXPECT_EQ(decided({bf16, trial(Precision::int8, 0.9, 1, 1.7)}).precision, "bf16");
  EXPECT_EQ(decided({bf16, trial(Precision::int8, 0.8, 1, 2.5)}).precision, "bf16");
  EXPECT_EQ(decided({trial(Precision::bf16, 0.5, 1, 1.8)}).precision, "f32");
  EXPECT_EQ(decided({trial(Precision::bf16, 0.9, 1, 0.7)}).precision, "f32");
}

TEST(PrecisionTrial, the_card_keeps_what_was_measured_and_ranges_where_they_are_needed) {
  Card card = decided({trial(Precision::bf16, 0.9, 1, 1.8), trial(Precision::int8, 0.9, 1, 2.5)});
  card.schema.target.name = card.schema.target.key = "y";
  card.schema.target.classes = {{"no", "no", {}, 1}, {"yes", "yes", {}, 1}};
  card.algorithm = "frozen";
  const Card read = card_from_json(to_json(card).dump(), "test");
  EXPECT_EQ(read.precision, "int8");
  EXPECT_TRUE(read.precisions["bf16"]["taken"].get<bool>());
  ASSERT_TRUE(read.ranges.has_value());
  EXPECT_EQ(read.ranges->network, "net");
  EXPECT_EQ(read.ranges->most, (std::vector<float>{1, 6}));
  EXPECT_EQ(read.ranges->spared, 3U);
  EXPECT_FALSE(decided({trial(Precision::bf16, 0.9, 1, 1.8)}).ranges.has_value());
  EXPECT_FALSE(read.precisions["bf16"].contains("convolutions_spared"));
  auto spared = trial(Precision::bf16, 0.9, 1, 1.8);
  spared.spared = 7;
  EXPECT_EQ(decided({spared}).precisions["bf16"]["convolutions_spared"], 7);
  Json broken = to_json(card);
  broken["precision"]["ranges"]["least"] = "much";
  EXPECT_THROW(card_from_json(broken.dump(), "test"), Error);
}

/// A network of chance that tells noise apart: features of a small network, one class a feature.
ModelFile chance_model(std::size_t classes) {
  const Backbone network = residual_network(16, 3);
  SoftmaxHead head;
  head.features = 64;
  head.classes = classes;
  Random random(4);
  for (std::size_t i = 0; i < head.features * classes; ++i) {
    head.weights.push_back(static_cast<float>(random.normal()));
  }
  head.bias.assign(classes, 0);
  Card card;
  card.task = "image";
  card.algorithm = "frozen";
  card.image = {16, 16, Fit::stretch};
  card.schema.target.name = card.schema.target.key = "class";
  for (std::size_t k = 0; k < classes; ++k) {
    const std::string name = "c" + std::to_string(k);
    card.schema.target.classes.push_back({name, name, {name}, 1});
  }
  return parse_model(
      serialise_model(image_graph(feature_graph(network, known_normalisations()[0]), head), card),
      "chance.onnx");
}

Image noise(std::size_t seed) {
  Image photo{16, 16, std::vector<std::uint8_t>(std::size_t{16} * 16 * 3)};
  Random random(seed + 1);
  for (auto& byte : photo.pixels) byte = static_cast<std::uint8_t>(random.below(256));
  return photo;
}

TEST(PrecisionTrial, known_answers_of_f32_change_nothing_and_a_hopeless_trial_ends) {
  if (!processor_has(Precision::bf16)) GTEST_SKIP() << "skipped: this processor has no bf16";
  constexpr std::size_t kPhotos = 320;
  const ModelFile file = chance_model(4);
  const ImagePredictor plain(file, PrecisionChoice{});
  std::vector<Image> photos;
  for (std::size_t i = 0; i < kPhotos; ++i) photos.push_back(noise(i));
  const Predictions f32 = plain.predict(photos);
  const auto try_with = [&](std::span<const float> known) {
    return try_precisions(
               file, f32.answers, [&](std::size_t i) { return photos[i]; }, known)
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
  // Somebody else's answers: it need not see all photos to know.
  std::vector<float> others(kPhotos * 4, 0);
  for (std::size_t i = 0; i < kPhotos; ++i) {
    others[i * 4 + (static_cast<std::size_t>(f32.answers[i]) + 1) % 4] = 1;
  }
  const PrecisionTrial hopeless = try_with(others);
  EXPECT_LT(hopeless.photos, kPhotos);
  EXPECT_FALSE(hopeless.taken());
  EXPECT_LT(hopeless.agreement, 0.1);
}

}  // namespace
}  // namespace vitrine
