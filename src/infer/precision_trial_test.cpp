#include "infer/precision_trial.h"

#include <gtest/gtest.h>

#include "base/error.h"

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
  Json broken = to_json(card);
  broken["precision"]["ranges"]["least"] = "much";
  EXPECT_THROW(card_from_json(broken.dump(), "test"), Error);
}

}  // namespace
}  // namespace vitrine
