#include "metrics/conformal.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace vitrine::metrics {
namespace {

TEST(Conformal, TheThresholdIsTheQuantileOfTrueClassProbabilities) {
  std::vector<float> truths;
  for (int i = 1; i <= 99; ++i) truths.push_back(static_cast<float>(i) / 100);
  EXPECT_NEAR(prediction_set_threshold(truths, 0.9), 0.10, 1e-6);  // 100 * 0.1 = the tenth smallest
  EXPECT_NEAR(prediction_set_threshold(truths, 0.5), 0.50, 1e-6);
}

TEST(Conformal, WithTooFewCasesSetsContainEveryClass) {
  EXPECT_EQ(prediction_set_threshold({0.9F, 0.8F}, 0.9), 0);
  EXPECT_EQ(prediction_set_threshold({}, 0.9), 0);
}

/// The true classes are drawn from the predicted probabilities.
TEST(Conformal, CoverageIsTheChosenLevel) {
  Random random(11);
  constexpr std::size_t kRows = 4000;
  constexpr std::size_t kClasses = 4;
  std::vector<float> probabilities;
  std::vector<int> labels;
  std::vector<std::uint8_t> fold;
  for (std::size_t i = 0; i < kRows; ++i) {
    float row[kClasses];
    float sum = 0;
    for (float& p : row) sum += p = static_cast<float>(std::exp(2 * random.normal()));
    double coin = random.uniform() * static_cast<double>(sum);
    int label = 0;
    while (label < 3 && (coin -= static_cast<double>(row[label])) > 0) ++label;
    for (const float p : row) probabilities.push_back(p / sum);
    labels.push_back(label);
    fold.push_back(static_cast<std::uint8_t>(i % 5));
  }
  for (const double level : {0.8, 0.9, 0.95}) {
    const SetFigures figures = evaluate_sets(probabilities, labels, kClasses, fold, 5, level);
    EXPECT_NEAR(figures.coverage.value, level, 0.015);
    EXPECT_GT(figures.size, 1);
    EXPECT_LT(figures.size, 4);
  }
}

}  // namespace
}  // namespace vitrine::metrics
