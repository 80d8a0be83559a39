// Trains boosted trees with XGBoost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/classifier.h"

namespace vitrine::train {

/// What the trees of a model of a number minimise.
enum class TreeLoss {
  squared,  ///< of the targets
  poisson   ///< targets from 0 on with mean 1; margins are logarithms
};

struct TreeOptions {
  int depth = 2;
  int leaves = 0;  ///< above 0: trees grow leaf by leaf to so many, with at most `depth` levels
  double learning_rate = 0.1;
  double row_share = 1.0;     ///< share of rows sampled for each tree
  double column_share = 1.0;  ///< share of features sampled for each tree
  std::uint64_t seed = 1;
  int most_rounds = 1000;
  TreeLoss loss = TreeLoss::squared;  ///< without classes
};

/// Dense rows of `features` floats (NaN is missing) and their class indices, or the numbers to
/// predict.
struct TreeRows {
  std::vector<float> values;
  std::vector<int> labels;
  std::vector<float> targets;
  std::size_t features = 0;
  std::size_t rows() const { return targets.empty() ? labels.size() : targets.size(); }
};

/// The cross-validation result of one choice of options.
struct TreeTrial {
  int rounds = 0;                    ///< number of rounds with the smallest mean loss
  std::vector<double> fold_losses;   ///< loss of each fold after `rounds`
  std::vector<double> losses;        ///< mean over the folds, after each round
  std::vector<float> probabilities;  ///< [row][class], by the model that held the row out
  std::vector<float> margins;        ///< [row], the same without classes
};

/// A fold: the training rows (`teach`) and the held-out rows (`judge`), with the indices of the
/// latter in the table.
struct TreeFold {
  TreeRows train;
  TreeRows validation;
  std::vector<std::uint32_t> validation_places;
};

/// Trains all folds in parallel and stops when the mean loss on held-out rows has not improved for
/// 30 rounds. The loss is the log loss, or without classes (`classes` is 0) that of the options.
/// Rows that are in no fold get probabilities and margins of 0. Throws Error(failed). Uses all
/// cores.
TreeTrial cross_validate_trees(const std::vector<TreeFold>& folds, std::size_t rows,
                               std::size_t classes, const TreeOptions& options);

/// Trains `rounds` rounds on all rows, on one thread. Throws Error(failed).
model::TreeEnsemble fit_trees(const TreeRows& rows, std::size_t classes, const TreeOptions& options,
                              int rounds);

/// The probabilities [row][class], by the same comparisons as the ONNX graph. Uses all cores.
std::vector<float> predict_trees(const model::TreeEnsemble& ensemble, std::span<const float> values,
                                 std::size_t features, std::size_t classes);

/// The margins [row][margin]. Uses all cores.
std::vector<float> tree_margins(const model::TreeEnsemble& ensemble, std::span<const float> values,
                                std::size_t features);

}  // namespace vitrine::train
