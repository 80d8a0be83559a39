#include "train/table/softmax.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "data/table/split.h"

namespace vitrine::train {
namespace {

struct Problem {
  Problem(std::size_t rows, int classes) {
    Random random(8);
    design.rows = rows;
    design.features = 3 + 2;
    design.first_number = 3;
    design.codes_per_row = 1;
    design.numbers_per_row = 2;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto code = static_cast<std::uint32_t>(random.below(4));
      design.codes.push_back(code == 3 ? 5 : code);
      const double x = random.normal();
      design.numbers.push_back(static_cast<float>(x));
      design.numbers.push_back(static_cast<float>(random.normal()));
      const double score = x + (code == 1 ? 1 : 0) + 0.7 * random.normal();
      labels.push_back(classes == 2 ? (score > 0 ? 1 : 0) : score < -0.6 ? 0 : score < 0.8 ? 1 : 2);
      positive.push_back(labels.back() == 1 ? 1 : 0);
      fold.push_back(static_cast<std::uint8_t>(row % 5));
    }
  }
  Design design;
  std::vector<int> labels;
  std::vector<std::uint8_t> positive;
  std::vector<std::uint8_t> fold;
};

/// For two classes, the two rows of weights are each other's negative, and their difference is the
/// solution of logistic regression with twice the C.
TEST(Softmax, with_two_classes_equals_logistic_regression) {
  const Problem problem(2000, 2);
  SoftmaxSolver softmax(problem.design, problem.labels, 2, problem.fold);
  const auto weights = softmax.fit(1, 0);
  const Weights logistic =
      fit_liblinear(problem.design, problem.positive, {problem.fold, 0}, 2, 1e-7);
  for (std::size_t i = 0; i < logistic.size(); ++i) {
    EXPECT_NEAR(weights[1][i] - weights[0][i], logistic[i], 1e-3) << i;
    EXPECT_NEAR(weights[1][i] + weights[0][i], 0, 1e-3) << i;
  }
}

TEST(Softmax, the_gradient_is_zero_at_the_solution) {
  const Problem problem(1500, 3);
  SoftmaxSolver solver(problem.design, problem.labels, 3, problem.fold);
  solver.fit(10, 2);
  const auto weights = solver.fit(0.5, 2);  // warm
  double bias_gradient[3] = {0, 0, 0};
  for (std::size_t row = 0; row < problem.design.rows; ++row) {
    if (problem.fold[row] == 2) continue;
    double p[3];
    double total = 0;
    for (int k = 0; k < 3; ++k) {
      const Weights& w = weights[static_cast<std::size_t>(k)];
      const std::uint32_t code = problem.design.codes_of(row)[0];
      const float* x = problem.design.numbers_of(row);
      p[k] = std::exp((code < 3 ? w[code] : 0) + w[3] * static_cast<double>(x[0]) +
                      w[4] * static_cast<double>(x[1]) + w[5]);
      total += p[k];
    }
    for (int k = 0; k < 3; ++k)
      bias_gradient[k] += p[k] / total - (problem.labels[row] == k ? 1 : 0);
  }
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(bias_gradient[k] + weights[k][5] / 0.5, 0, 0.01);
}

}  // namespace
}  // namespace vitrine::train
