// The losses that trees minimise, and their quantised derivatives.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/table/trees/tree_grower.h"

namespace vitrine::train {

/// What the trees of a model of a number minimise.
enum class TreeLoss {
  squared,  ///< of the targets
  poisson   ///< targets from 0 on with mean 1; margins are logarithms
};

/// [output][row of the table].
using Margins = std::vector<std::vector<float>>;

/// [row][output].
std::vector<float> row_by_row(const Margins& margins);

/// What is to be predicted for each row of a table: a class, or without classes a number.
struct TreeTarget {
  std::size_t classes = 0;
  std::span<const int> labels;     ///< [row], with classes
  std::span<const float> numbers;  ///< [row], without
  TreeLoss loss = TreeLoss::squared;

  /// The margins of a row: one for two classes and for a number, else one for each class.
  std::size_t outputs() const { return classes > 2 ? classes : 1; }
  /// The margins from which boosting starts: by the shares of the classes among `rows`, which are
  /// taken to be a little more even; 0 for a number.
  std::vector<float> base(std::span<const std::uint32_t> rows) const;
  /// The mean loss of `rows`: the log loss, or that of the number.
  double mean_loss(std::span<const std::uint32_t> rows, const Margins& margins) const;
};

/// Computes the gradients of each output at `margins` for `rows`.
/// Numbers are rounded up or down at random, by their row and `round`, so that sums of them are
/// right on the mean (Shi et al. 2022). Uses all cores.
void quantize_gradients(const TreeTarget& target, std::span<const std::uint32_t> rows,
                        const Margins& margins, std::uint64_t seed, int round,
                        std::vector<QuantizedGradients>& out);

}  // namespace vitrine::train
