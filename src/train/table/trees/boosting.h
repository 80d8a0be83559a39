// Gradient boosting of trees (Friedman 2001) over bins.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "model/classifier.h"
#include "train/table/trees/tree_grower.h"
#include "train/table/trees/tree_loss.h"

namespace vitrine::train {

struct TreeOptions {
  int depth = 2;
  int leaves = 0;  ///< above 0: so many leaves at most, besides the depth
  double learning_rate = 0.1;
  double row_share = 1.0;      ///< share of rows sampled for each tree
  double column_share = 1.0;   ///< share of columns sampled for each tree
  double least_hessian = 1.0;  ///< of a leaf: for numbers a number of rows
  double l2 = 1.0;             ///< penalty on the values of leaves
  std::uint64_t seed = 1;
  int most_rounds = 2000;
};

/// The training of one ensemble, round by round. The result is the same on any number of cores.
/// Not thread-safe.
class Booster {
 public:
  /// Trains on `rows`, and keeps the margins of `held_out`, too. `table` and what `target` refers
  /// to must outlive it.
  Booster(const BinnedTable& table, const TreeTarget& target, const TreeOptions& options,
          std::vector<std::uint32_t> rows, std::vector<std::uint32_t> held_out = {});

  /// Adds a tree for each output.
  void add_round();

  int rounds() const { return rounds_; }
  double held_out_loss() const { return target_.mean_loss(held_out_, margins_); }
  /// The margins [row][output] of the held-out rows after the first rounds.
  std::vector<float> held_out_margins(int rounds) const;
  /// The trees of the first rounds.
  model::TreeEnsemble ensemble(int rounds) &&;

 private:
  std::vector<std::size_t> sample_columns() const;
  std::vector<std::uint32_t> sample_rows(std::vector<std::uint32_t>& others) const;
  void add_to_margins(const BinnedTree& tree, std::span<const std::uint32_t> rows,
                      std::vector<float>& margins) const;

  const BinnedTable& table_;
  TreeTarget target_;
  TreeOptions options_;
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint32_t> held_out_;
  std::vector<float> base_;
  Margins margins_;
  std::vector<QuantizedGradients> gradients_;
  TreeGrower grower_;
  int rounds_ = 0;
  std::vector<model::Tree> trees_;
  std::vector<BinnedTree> binned_trees_;
};

/// The rows of a fold.
struct TreeFold {
  std::vector<std::uint32_t> train;
  std::vector<std::uint32_t> validation;
};

/// `count` folds: each holds out the rows whose `fold` is its number, and trains on all others but
/// those of kTestFold.
std::vector<TreeFold> tree_folds(std::span<const std::uint8_t> fold, std::size_t count);

/// The cross-validation result of one choice of options.
struct TreeTrial {
  int rounds = 0;                   ///< number of rounds with the smallest mean loss
  std::vector<double> fold_losses;  ///< loss of each fold after `rounds`
  std::vector<double> losses;       ///< mean over the folds, after each round
  Margins margins;                  ///< by the model that held the row out, else 0
  model::TreeEnsemble first_fold;   ///< the model that held out the first fold
};

/// Some rows of each fold, `most` of all folds together; all rows if there are not more. The rows
/// are the same in all folds.
std::vector<TreeFold> sampled_folds(const std::vector<TreeFold>& folds, std::size_t rows,
                                    std::size_t most);

/// Trains all folds together and stops when the mean loss on held-out rows has hardly improved
/// for 30 rounds, with small steps for more, or when at its pace as many rounds again would not
/// reach the loss `to_beat`. Uses all cores.
TreeTrial cross_validate_trees(const BinnedTable& table, const TreeTarget& target,
                               const std::vector<TreeFold>& folds, const TreeOptions& options,
                               double to_beat = std::numeric_limits<double>::infinity());

/// Trains `rounds` rounds on `rows`. Uses all cores.
model::TreeEnsemble fit_trees(const BinnedTable& table, const TreeTarget& target,
                              std::vector<std::uint32_t> rows, const TreeOptions& options,
                              int rounds);

}  // namespace vitrine::train
