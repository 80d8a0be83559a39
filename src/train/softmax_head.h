// The last layer of a network: multinomial logistic regression on dense features.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/backbone.h"

namespace vitrine {

/// Rows of features with their classes. Views: threads may read them together.
struct HeadRows {
  std::span<const float> features;  ///< [row][dimension]
  std::span<const int> labels;      ///< in [0, classes)
  std::size_t dimensions = 0;
  std::size_t classes = 0;
};

/// Fits mean over rows of -ln softmax(W z + b)[label] + lambda / 2 |W|^2 by L-BFGS,
/// z = features scaled to mean 0 and deviation 1 (over the rows), biases not
/// regularised. Fits are warm: call it from strong to weak lambda. The scaling is
/// folded into the weights of what it returns. Not thread-safe; uses all cores.
class HeadSolver {
 public:
  explicit HeadSolver(const HeadRows& rows);
  SoftmaxHead fit(double lambda);

 private:
  HeadRows rows_;
  std::size_t padded_;  ///< classes, up to a multiple of 16
  std::vector<float> scaled_;
  std::vector<float> mean_;
  std::vector<float> scale_;
  std::vector<double> solution_;
};

/// Logits of each row, before the temperature.
std::vector<float> head_logits(const SoftmaxHead& head, std::span<const float> features);

/// Softmax of logits / temperature, row after row.
std::vector<float> softmax_rows(std::span<const float> logits, std::size_t classes,
                                double temperature);

/// The temperature in [0.2, 5] with the least log loss on the rows whose label is not -1 (golden
/// section on its logarithm; Guo et al. 2017), shrunk towards 1: its logarithm has a normal prior
/// of deviation 0.3, so that some dozens of rows that happen to be right do not make a model sure.
/// `logits` holds the rows once for each of `repetitions`.
double fit_temperature(std::span<const float> logits, std::span<const int> labels,
                       std::size_t classes, std::size_t repetitions = 1);

}  // namespace vitrine
