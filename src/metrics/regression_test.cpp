#include "metrics/regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/random.h"
#include "metrics/conformal.h"

namespace vitrine::metrics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Regression, values_are_those_of_their_definitions) {
  const std::vector<double> predictions{1, 2, 3, 9, 5};
  const std::vector<double> truths{2, 2, 5, kNaN, 2};
  const std::vector<double> errors = residuals(predictions, truths);
  EXPECT_EQ(errors, (std::vector<double>{-1, 0, -2, 3}));
  EXPECT_DOUBLE_EQ(root_mean_squared_error(errors).value, std::sqrt(14.0 / 4));
  EXPECT_DOUBLE_EQ(mean_absolute_error(errors).value, 1.5);
  EXPECT_DOUBLE_EQ(median_absolute_error(errors).value, 1.5);
  // The truths 2, 2, 5, 2 have the mean 2.75 and the squared distances 6.75.
  EXPECT_DOUBLE_EQ(r_squared(predictions, truths)->value, 1 - 14 / 6.75);
}

TEST(Regression, empty_and_constant_truths) {
  EXPECT_EQ(root_mean_squared_error({}).value, 0);
  EXPECT_EQ(median_absolute_error({}).value, 0);
  const std::vector<double> same{3, 3, 3};
  EXPECT_FALSE(r_squared(same, same));
  EXPECT_FALSE(r_squared({}, {}));
}

/// The share of 400 samples whose interval contains the value of a very large sample.
template <typename Metric>
double coverage(double truth, const Metric& metric) {
  Random random(5);
  int covered = 0;
  constexpr int kSamples = 400;
  for (int sample = 0; sample < kSamples; ++sample) {
    std::vector<double> predictions, truths;
    for (int i = 0; i < 300; ++i) {
      predictions.push_back(2 * random.normal());
      truths.push_back(predictions.back() + random.normal());
    }
    const Estimate estimate = metric(predictions, truths);
    covered += estimate.ci95.low <= truth && truth <= estimate.ci95.high ? 1 : 0;
  }
  return static_cast<double>(covered) / kSamples;
}

TEST(Regression, intervals_contain_the_true_value_in_95_percent) {
  const auto near_95 = [](double share) { return share > 0.91 && share < 0.985; };
  const auto of_residuals = [](auto metric) {
    return [metric](const auto& p, const auto& t) { return metric(residuals(p, t)); };
  };
  EXPECT_PRED1(near_95, coverage(1, of_residuals(root_mean_squared_error)));
  EXPECT_PRED1(near_95,
               coverage(std::sqrt(2 / std::acos(-1.0)), of_residuals(mean_absolute_error)));
  EXPECT_PRED1(near_95, coverage(0.6744898, of_residuals(median_absolute_error)));
  EXPECT_PRED1(near_95,
               coverage(0.8, [](const auto& p, const auto& t) { return *r_squared(p, t); }));
}

TEST(Regression, interval_factors_cover_their_level) {
  EXPECT_FLOAT_EQ(static_cast<float>(interval_factor({3, 1, 2}, 0.5)), 2);
  EXPECT_FLOAT_EQ(static_cast<float>(interval_factor({3, 1, 2}, 0.9)), 3) << "too few cases";
  Random random(2);
  int covered = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<float> sizes;
    for (int i = 0; i < 99; ++i) sizes.push_back(static_cast<float>(std::abs(random.normal())));
    covered += std::abs(random.normal()) <= interval_factor(sizes, 0.9) ? 1 : 0;
  }
  EXPECT_NEAR(covered / 2000.0, 0.9, 0.025);
}

}  // namespace
}  // namespace vitrine::metrics
