// The choice of an ensemble of trees: boosted trees of several shapes, forests, and blends of them.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "train/table/learner.h"
#include "train/table/trees/boosting.h"
#include "train/table/trees/calibration.h"
#include "train/table/trees/forest.h"

namespace vitrine::train {

/// Compares ensembles of trees by cross-validation and fits the chosen one. Not thread-safe.
class TreeChoice {
 public:
  /// `table`, what `target` refers to, and `rows` must outlive it.
  TreeChoice(const BinnedTable& table, const TreeTarget& target, const TrainingRows& rows);

  /// Tries boosted trees from deep to additive and, unless depth is clearly worse, forests.
  /// A blend is chosen where it is better than the best single ensemble by more than one standard
  /// error. Shapes of large tables are compared on some of the rows. Uses all cores.
  void choose();

  /// Takes the options of another choice, of the same rows with another target.
  void choose_as(const TreeChoice& other);

  const std::vector<double>& fold_losses() const { return fold_losses_; }
  const Margins& held_out() const { return held_out_; }  ///< by the model that held the row out
  Json settings() const;
  Json learning_curve() const;  ///< of the boosted trees with the largest weight, else null
  /// The chosen ensemble, fitted on `rows`. Uses all cores.
  model::TreeEnsemble fit(FitRows rows) const;

 private:
  /// An ensemble that was tried, or is a part of the choice.
  struct Member {
    std::variant<TreeOptions, ForestOptions> options;
    TreeTrial trial;  ///< of a forest only the margins, calibrated by other folds
    std::optional<Calibration> calibration;  ///< of a forest
    double weight = 1;
    double loss = 0;
  };

  std::vector<TreeOptions> boosted_shapes() const;
  std::vector<ForestOptions> forest_shapes() const;
  /// The leaves of a tree whose histograms of all folds fit in a gibibyte.
  std::size_t most_leaves() const;
  static TreeOptions deep_shape(TreeOptions shape);
  Member try_boosted(const TreeOptions& options, const std::vector<TreeFold>& folds,
                     double to_beat = std::numeric_limits<double>::infinity()) const;
  Member try_forest(const ForestOptions& options, const std::vector<TreeFold>& folds) const;
  void try_shapes(const std::vector<TreeFold>& folds);
  /// True if the loss of `one` is smaller by more than so many standard errors of the difference.
  bool clearly_better(const Margins& one, const Margins& than, double errors) const;
  std::vector<const Margins*> member_margins() const;
  void keep_best_or_blend();
  void try_members(const std::vector<TreeFold>& folds);
  void sum_up(const std::vector<TreeFold>& folds);
  model::TreeEnsemble fit_member(const Member& member,
                                 const std::vector<std::uint32_t>& rows) const;

  const BinnedTable& table_;
  TreeTarget target_;
  const TrainingRows& rows_;
  std::vector<std::vector<std::uint32_t>> parts_;  ///< held-out rows whose losses are compared
  std::vector<Member> members_;                    ///< tried; after choose(), chosen
  std::vector<double> fold_losses_;
  Margins held_out_;
};

/// The places of the rows that a model is fitted on.
std::vector<std::uint32_t> rows_to_fit(std::span<const std::uint8_t> fold, FitRows rows);

/// TreeOptions::least_hessian for small trees: a 400th of the rows, but 1 to 10. With a fixed value
/// of 10, small tables could not be split at all.
double least_hessian(const TrainingRows& rows);

}  // namespace vitrine::train
