#include "train/table/ridge.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace vitrine::train {
namespace {

/// A design of two numbers and one column of three categories.
Design random_design(std::size_t rows, Random& random) {
  Design design{
      .rows = rows, .features = 5, .first_number = 3, .codes_per_row = 1, .numbers_per_row = 2};
  for (std::size_t row = 0; row < rows; ++row) {
    design.codes.push_back(static_cast<std::uint32_t>(random.below(4)));  // 3: not kept
    if (design.codes.back() == 3) design.codes.back() = 5;
    for (int i = 0; i < 2; ++i) design.numbers.push_back(static_cast<float>(random.normal()));
  }
  return design;
}

std::vector<double> row_of(const Design& design, std::size_t row) {
  std::vector<double> x(design.features + 1, 0.0);
  if (design.codes[row] < design.features) x[design.codes[row]] = 1;
  for (std::size_t i = 0; i < 2; ++i) x[3 + i] = design.numbers[row * 2 + i];
  x.back() = 1;
  return x;
}

/// The normal equations, solved by Gaussian elimination.
Weights by_elimination(const Design& design, const std::vector<double>& targets, double penalty) {
  const std::size_t n = design.features + 1;
  std::vector<std::vector<double>> a(n, std::vector<double>(n + 1, 0.0));
  for (std::size_t row = 0; row < design.rows; ++row) {
    const auto x = row_of(design, row);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) a[i][j] += x[i] * x[j];
      a[i][n] += x[i] * targets[row];
    }
  }
  for (std::size_t i = 0; i + 1 < n; ++i) a[i][i] += penalty;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      if (k == i) continue;
      const double factor = a[k][i] / a[i][i];
      for (std::size_t j = i; j <= n; ++j) a[k][j] -= factor * a[i][j];
    }
  }
  Weights w(n);
  for (std::size_t i = 0; i < n; ++i) w[i] = a[i][n] / a[i][i];
  return w;
}

TEST(Ridge, is_the_solution_of_the_normal_equations) {
  Random random(3);
  const Design design = random_design(200, random);
  std::vector<double> targets;
  for (std::size_t row = 0; row < design.rows; ++row) targets.push_back(3 + random.normal());
  for (const double penalty : {0.01, 1.0, 1000.0}) {
    const Weights found = fit_ridge(design, targets, {}, penalty);
    const Weights right = by_elimination(design, targets, penalty);
    ASSERT_EQ(found.size(), right.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], right[i], 1e-7);
  }
}

TEST(Ridge, leaves_out_a_fold_and_the_test_rows) {
  Random random(4);
  const Design design = random_design(100, random);
  std::vector<double> targets(100);
  std::vector<std::uint8_t> fold(100);
  for (std::size_t row = 0; row < 100; ++row) {
    fold[row] = row % 3 == 0 ? 0 : row % 3 == 1 ? 1 : data::kTestFold;
    targets[row] = fold[row] == 1 ? 5 : 1e6;
  }
  const Weights found = fit_ridge(design, targets, RowChoice{fold, 0}, 1);
  EXPECT_NEAR(found.back(), 5, 1e-6);
  for (std::size_t i = 0; i < design.features; ++i) EXPECT_NEAR(found[i], 0, 1e-6);
}

}  // namespace
}  // namespace vitrine::train
