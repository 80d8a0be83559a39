#include "train/table/logistic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "data/table/split.h"

namespace vitrine::train {
namespace {

/// Rows with two categories (one of them with the code "no feature") and two numbers, and a target
/// that depends on them.
struct Problem {
  explicit Problem(std::size_t rows) {
    Random random(3);
    design.rows = rows;
    design.features = 4 + 3 + 2;
    design.first_number = 7;
    design.codes_per_row = 2;
    design.numbers_per_row = 2;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto a = static_cast<std::uint32_t>(random.below(4));
      const auto b = static_cast<std::uint32_t>(random.below(4));
      const auto x = static_cast<float>(random.normal());
      const auto y = static_cast<float>(random.normal());
      design.codes.push_back(a);
      design.codes.push_back(b == 3 ? 9 : 4 + b);
      design.numbers.push_back(x);
      design.numbers.push_back(y);
      const double margin = 0.8 * a - 1.5 + (b == 1 ? 1 : 0) + 0.7 * static_cast<double>(x) -
                            0.4 * static_cast<double>(y);
      positive.push_back(random.bernoulli(1 / (1 + std::exp(-margin))) ? 1 : 0);
      fold.push_back(row % 11 == 0 ? data::kTestFold : static_cast<std::uint8_t>(row % 5));
    }
  }
  Design design;
  std::vector<std::uint8_t> positive;
  std::vector<std::uint8_t> fold;
};

void expect_near(const Weights& a, const Weights& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << "weight " << i;
}

TEST(Logistic, newton_and_liblinear_find_the_same_weights) {
  const Problem problem(3000);
  for (const double c : {0.01, 1.0, 100.0}) {
    LogisticSolver solver(problem.design, problem.positive, problem.fold);
    expect_near(solver.fit(c, 2),
                fit_liblinear(problem.design, problem.positive, {problem.fold, 2}, c, 1e-6), 2e-3);
  }
}

TEST(Logistic, a_warm_start_finds_the_same_weights) {
  const Problem problem(3000);
  LogisticSolver warm(problem.design, problem.positive, problem.fold);
  warm.fit(1, -1);
  warm.fit(30, 0);
  LogisticSolver cold(problem.design, problem.positive, problem.fold);
  expect_near(warm.fit(0.1, 0), cold.fit(0.1, 0), 2e-3);
  expect_near(warm.fit(1, LogisticSolver::kAllRows), cold.fit(1, LogisticSolver::kAllRows), 1e-4);
}

TEST(Logistic, large_tables_start_from_a_sample_and_reach_the_optimum) {
  const Problem problem(260000);
  LogisticSolver solver(problem.design, problem.positive, problem.fold);
  expect_near(solver.fit(1, -1),
              fit_liblinear(problem.design, problem.positive, {problem.fold, -1}, 1, 1e-6), 2e-3);
}

TEST(Logistic, converges_on_perfectly_separable_rows) {
  Problem problem(500);
  for (std::size_t row = 0; row < problem.positive.size(); ++row) {
    problem.positive[row] = problem.design.numbers[row * 2] > 0 ? 1 : 0;
  }
  LogisticSolver solver(problem.design, problem.positive, problem.fold);
  const Weights weights = solver.fit(1000, 0);
  EXPECT_TRUE(std::isfinite(weights[7]));
  EXPECT_GT(weights[7], 10);
}

TEST(Logistic, an_absent_class_gets_a_low_margin) {
  Problem problem(500);
  problem.positive.assign(500, 0);
  LogisticSolver solver(problem.design, problem.positive, problem.fold);
  EXPECT_LT(margins(problem.design, {FloatWeights(solver.fit(1, 0))})[0], -2);
  EXPECT_LT(margins(problem.design,
                    {FloatWeights(fit_liblinear(problem.design, problem.positive, {}, 1))})[0],
            -2);
}

TEST(Logistic, margins_use_the_weights_of_each_fold) {
  const Problem problem(50);
  FloatWeights zero;
  zero.features.assign(9, 0);
  FloatWeights one = zero;
  one.bias = 1;
  const auto out = margins(problem.design, {zero, one}, problem.fold);
  for (std::size_t row = 0; row < 50; ++row) EXPECT_EQ(out[row], problem.fold[row] == 1 ? 1 : 0);
}

}  // namespace
}  // namespace vitrine::train
