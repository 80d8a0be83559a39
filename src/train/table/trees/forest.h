// Forests of deep trees, each grown on a part of the rows with columns drawn for each node
// (Breiman 2001), over bins.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/classifier.h"
#include "train/table/trees/boosting.h"

namespace vitrine::train {

struct ForestOptions {
  int trees = 100;
  double least_rows = 1;           ///< of a leaf
  std::size_t most_leaves = 2000;  ///< of a tree: with more rows, `least_rows` is larger
  std::size_t node_columns =
      0;  ///< columns drawn for each node; 0: the square root of their number
  std::uint64_t seed = 1;
};

/// The mean over the trees of the share of each class of `target` (of two classes: of the second)
/// among the rows of a leaf, of numbers their mean. Margins of classes are shares, not log odds:
/// see Calibration.
/// Each tree sees 63 % of `rows`, as many as a bootstrap sample has different ones. Trees of
/// several classes are grown for each class alone. The result is the same on any number of cores.
model::TreeEnsemble fit_forest(const BinnedTable& table, const TreeTarget& target,
                               std::span<const std::uint32_t> rows, const ForestOptions& options);

/// The margins of the held-out rows of all folds, else 0.
Margins cross_validate_forest(const BinnedTable& table, const TreeTarget& target,
                              const std::vector<TreeFold>& folds, const ForestOptions& options);

}  // namespace vitrine::train
