// L2-regularised softmax (multinomial logistic) regression on a packed design,
// for more than two classes.
//
// The objective is w'w / 2 + C * sum over rows of -ln softmax(Wx)[class]. Biases are regularised
// like the other weights. Solved by L-BFGS (Liu and Nocedal 1989).
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "train/table/logistic.h"

namespace vitrine::train {

/// Like LogisticSolver: fits start from the previous solution, results do not depend on the number
/// of cores. Not thread-safe; uses all cores.
class SoftmaxSolver {
 public:
  /// `labels[row]` in [0, classes). The spans must outlive the solver.
  SoftmaxSolver(const Design& design, std::span<const int> labels, std::size_t classes,
                std::span<const std::uint8_t> fold);

  /// One Weights for each class. `left_out` is as for LogisticSolver::fit.
  std::vector<Weights> fit(double c, int left_out);

 private:
  const Design& design_;
  std::span<const int> labels_;
  std::size_t classes_;
  std::span<const std::uint8_t> fold_;
  /// By left_out: the last solution, [feature][class].
  std::vector<std::pair<int, std::vector<double>>> solutions_;
};

}  // namespace vitrine::train
