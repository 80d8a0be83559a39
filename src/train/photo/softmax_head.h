// Fits the last layer of a network: multinomial logistic regression on dense features.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/backbone.h"

namespace vitrine::train {

/// Rows of features with their classes. Views: threads may read them together.
struct HeadRows {
  std::span<const float> features;  ///< [row][dimension]
  std::span<const int> labels;      ///< in [0, classes)
  std::size_t dimensions = 0;
  std::size_t classes = 0;
};

/// Minimises the mean over rows of -ln softmax(W z + b)[label] + lambda / 2 |W|^2 by L-BFGS, where
/// z are the features scaled to mean 0 and standard deviation 1; biases are not regularised. Each
/// fit starts from the previous solution: call fit() from strong to weak lambda. The scaling is
/// folded into the returned weights. `rows` must outlive the solver, except for its features. Not
/// thread-safe; uses all cores.
class HeadSolver {
 public:
  explicit HeadSolver(const HeadRows& rows);
  model::SoftmaxHead fit(double lambda);

 private:
  HeadRows rows_;
  std::size_t padded_;  ///< classes, up to a multiple of 16
  std::vector<float> scaled_;
  std::vector<float> mean_;
  std::vector<float> scale_;
  std::vector<double> solution_;
};

/// The logits of each row, [row][class], before the temperature. Uses all cores.
std::vector<float> head_logits(const model::SoftmaxHead& head, std::span<const float> features);

/// The softmax of logits / temperature, row by row.
std::vector<float> softmax_rows(std::span<const float> logits, std::size_t classes,
                                double temperature);

/// The temperature in [0.2, 5] with the smallest log loss on the rows whose label is not -1 (Guo et
/// al. 2017), by golden section search on its logarithm. It is shrunk towards 1: the logarithm has
/// a normal prior with standard deviation 0.3, so that some dozens of correct rows do not make a
/// model overconfident. `logits` has all rows once for each of `repetitions`.
double fit_temperature(std::span<const float> logits, std::span<const int> labels,
                       std::size_t classes, std::size_t repetitions = 1);

}  // namespace vitrine::train
