#include "metrics/paired.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "metrics/classification.h"
#include "metrics/curves.h"

namespace vitrine::metrics {
namespace {

TEST(Paired, mcnemar_matches_the_exact_p_value) {
  // 25 rows are right only in the first, 10 only in the second: exact two-sided p = 0.016707.
  std::vector<int> first, second, labels;
  const auto add = [&](int count, int a, int b) {
    for (int i = 0; i < count; ++i) first.push_back(a), second.push_back(b), labels.push_back(1);
  };
  add(25, 1, 0);
  add(10, 0, 1);
  add(60, 1, 1);
  add(5, 0, 0);
  first.push_back(1), second.push_back(0), labels.push_back(-1);  // skipped
  const auto found = compare_accuracy(first, second, labels);
  EXPECT_EQ(found.only_first, 25U);
  EXPECT_EQ(found.only_second, 10U);
  EXPECT_NEAR(found.accuracy.difference.value, -0.15, 1e-12);
  EXPECT_NEAR(found.accuracy.p_value, 0.0167, 1e-4);
  EXPECT_LT(found.accuracy.difference.ci95.high, 0);
  EXPECT_EQ(compare_accuracy(first, first, labels).accuracy.p_value, 1);
}

TEST(Paired, delong_agrees_with_the_single_interval_and_with_a_bootstrap) {
  Random random(4);
  std::vector<float> a, b;
  std::vector<int> labels;
  for (int i = 0; i < 400; ++i) {
    const int y = random.bernoulli(0.3) ? 1 : 0;
    const double shared = random.normal();
    labels.push_back(y);
    a.push_back(static_cast<float>(
        std::round(4 * (1.2 * y + shared + 0.5 * random.normal()))));  // with ties
    b.push_back(static_cast<float>(0.9 * y + shared + 0.5 * random.normal()));
  }
  const auto found = compare_auc(a, b, labels);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->difference.value,
              area_under_roc(b, labels)->value - area_under_roc(a, labels)->value, 1e-12);
  // The standard error of bootstrap samples must agree with DeLong's.
  std::vector<double> drawn;
  for (int turn = 0; turn < 600; ++turn) {
    std::vector<float> da, db;
    std::vector<int> dl;
    for (int i = 0; i < 400; ++i) {
      const auto row = random.below(400);
      da.push_back(a[row]), db.push_back(b[row]), dl.push_back(labels[row]);
    }
    drawn.push_back(area_under_roc(db, dl)->value - area_under_roc(da, dl)->value);
  }
  double mean = 0, squares = 0;
  for (const double d : drawn) mean += d / 600;
  for (const double d : drawn) squares += (d - mean) * (d - mean) / 599;
  const double error = (found->difference.ci95.high - found->difference.value) / 1.96;
  EXPECT_NEAR(error / std::sqrt(squares), 1, 0.12);
  EXPECT_NEAR(compare_auc(a, a, labels)->p_value, 1, 1e-12);
  EXPECT_FALSE(
      compare_auc(std::vector<float>{1, 2}, std::vector<float>{1, 2}, std::vector<int>{1, 1})
          .has_value());
}

TEST(Paired, compares_mean_losses) {
  std::vector<double> a, b;
  for (int i = 0; i < 12; ++i) a.push_back(i), b.push_back(i - (i % 2 == 0 ? 0.5 : 0.4));
  const auto found = compare_means(a, b);
  EXPECT_NEAR(found.difference.value, -0.45, 1e-12);
  EXPECT_LT(found.p_value, 1e-6);
  // With one or two cases the p-value is 1.
  EXPECT_EQ(compare_means(std::vector<double>{1}, std::vector<double>{0}).p_value, 1);
  const std::vector<float> bad{0.2F, 0.7F}, good{0.7F, 0.2F};
  EXPECT_EQ(compare_auc(bad, good, std::vector<int>{1, 0})->p_value, 1);
}

TEST(Curves, curve_has_one_point_per_score_and_includes_the_kept_threshold) {
  const std::vector<float> scores{0.9F, 0.8F, 0.8F, 0.3F, 0.1F};
  const std::vector<int> labels{1, 1, 0, -1, 0};
  const auto curve = threshold_curve(scores, labels);
  EXPECT_EQ(curve.positives, 2U);
  EXPECT_EQ(curve.negatives, 2U);
  ASSERT_EQ(curve.points.size(), 4U);
  EXPECT_EQ(curve.points[0].hits, 0U);
  EXPECT_EQ(curve.points[2].hits, 2U);
  EXPECT_EQ(curve.points[2].false_alarms, 1U);
  EXPECT_EQ(curve.points[3].false_alarms, 2U);
  std::vector<float> many;
  std::vector<int> half;
  for (int i = 0; i < 5000; ++i) many.push_back(static_cast<float>(i)), half.push_back(i % 2);
  const auto thin = threshold_curve(many, half, 1234.5, 100);
  EXPECT_LE(thin.points.size(), 104U);
  EXPECT_TRUE(std::ranges::any_of(thin.points,
                                  [](const ThresholdPoint& one) { return one.threshold == 1235; }));
  EXPECT_EQ(thin.points.back().hits, 2500U);
}

}  // namespace
}  // namespace vitrine::metrics
