#include "metrics/classification.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "metrics/drift.h"

namespace vitrine::metrics {
namespace {

struct Scored {
  std::vector<float> scores;
  std::vector<int> labels;
};

Scored random_scores(std::size_t rows, double lift) {
  Random random(5);
  Scored out;
  for (std::size_t i = 0; i < rows; ++i) {
    out.labels.push_back(random.bernoulli(0.3) ? 1 : 0);
    // Rounded, to get ties.
    out.scores.push_back(
        static_cast<float>(std::round(10 * (random.normal() + lift * out.labels.back())) / 10));
  }
  return out;
}

TEST(Figures, intervals_of_cross_fitted_metrics_are_wider_and_stay_in_bounds) {
  const Estimate share = widened({0.9, {0.8, 0.98}}, 1.5);
  EXPECT_NEAR(share.ci95.low, 0.75, 1e-12);
  EXPECT_NEAR(share.ci95.high, 1, 1e-12);
  const Estimate loss = widened({0.4, {0.1, 1.2}}, 1.5, kNoUpperBound);
  EXPECT_NEAR(loss.ci95.low, 0.05, 1e-12);
  EXPECT_NEAR(loss.ci95.high, 1.6, 1e-12);
  const Estimate none = widened({0, {0, 0.3}}, 1.5, kNoUpperBound);
  EXPECT_EQ(none.ci95.low, 0);
  EXPECT_NEAR(none.ci95.high, 0.45, 1e-12);
}

TEST(Auc, equals_the_share_of_ordered_pairs) {
  const Scored data = random_scores(400, 1);
  double wins = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    for (std::size_t j = 0; j < data.labels.size(); ++j) {
      if (data.labels[i] != 1 || data.labels[j] != 0) continue;
      ++pairs;
      wins += data.scores[i] > data.scores[j] ? 1 : data.scores[i] == data.scores[j] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(area_under_roc(data.scores, data.labels)->value, wins / pairs, 1e-12);
}

TEST(Auc, interval_contains_the_true_value_in_about_95_of_100_samples) {
  Random random(11);
  const double truth = 0.5 * std::erfc(-1.0 / 2);  // P(N(1,1) > N(0,1)) = Phi(1 / sqrt 2)
  int held = 0;
  for (int sample = 0; sample < 400; ++sample) {
    Scored data;
    for (int i = 0; i < 200; ++i) {
      data.labels.push_back(i % 3 == 0 ? 1 : 0);
      data.scores.push_back(static_cast<float>(random.normal() + data.labels.back()));
    }
    const auto auc = *area_under_roc(data.scores, data.labels);
    held += auc.ci95.low <= truth && truth <= auc.ci95.high;
  }
  EXPECT_GT(held, 368);  // 92 %
  EXPECT_LT(held, 396);
}

TEST(Auc, needs_both_classes_and_ranks_perfect_scores_first) {
  EXPECT_EQ(area_under_roc(std::vector<float>{1, 2}, std::vector<int>{1, 1}), std::nullopt);
  EXPECT_EQ(area_under_roc(std::vector<float>{1, 2, 3}, std::vector<int>{0, 1, 1})->value, 1);
}

TEST(Interval, wilson_matches_published_values) {
  // 15 of 20: 0.531 to 0.888 (Brown, Cai and DasGupta 2001, by their formula).
  const Estimate figure = proportion(15, 20);
  EXPECT_NEAR(figure.ci95.low, 0.5313, 5e-4);
  EXPECT_NEAR(figure.ci95.high, 0.8881, 5e-4);
  EXPECT_EQ(proportion(0, 0).value, 0);
  EXPECT_NEAR(proportion(10, 10).ci95.high, 1, 1e-12);
}

TEST(Threshold, best_f1_is_found_among_ties) {
  const std::vector<float> scores = {0.9F, 0.8F, 0.8F, 0.3F, 0.2F};
  EXPECT_FLOAT_EQ(static_cast<float>(best_f1_threshold(scores, std::vector<int>{1, 1, 0, 1, 0})),
                  0.25F);  // between 0.3 and the next score
}

TEST(Drift, psi_is_zero_for_equal_shares_and_grows) {
  EXPECT_NEAR(population_stability_index(std::vector<double>{10, 30}, std::vector<double>{20, 60}),
              0, 1e-12);
  EXPECT_GT(population_stability_index(std::vector<double>{90, 10}, std::vector<double>{50, 50}),
            0.25);
}

}  // namespace
}  // namespace vitrine::metrics
