// Boosted trees as a Learner: chooses the shape and number of trees by cross-validation.
#include <memory>
#include <optional>

#include "train/table/tree_choice.h"
#include "train/table/tree_prediction.h"

namespace vitrine::train {
namespace {

/// The shapes that are tried: additive, pairs of columns, and deeper trees with sampling. Chosen on
/// the folds of the telco table, where a finer grid was not better.
std::vector<TreeOptions> shapes(const TrainingRows& rows, const BinnedTable& table) {
  // With few columns there is no column sampling: a tree with two of four columns can't model
  // interactions of three.
  const double columns = table.features() >= 10 ? 0.7 : 1;
  const double least = least_hessian(rows);
  std::vector<TreeOptions> out;
  for (const int depth : {1, 2}) {
    out.push_back({.depth = depth, .least_hessian = least, .seed = rows.seed});
  }
  for (const int depth : {3, 6}) {
    out.push_back({.depth = depth,
                   .row_share = 0.7,
                   .column_share = columns,
                   .least_hessian = least,
                   .seed = rows.seed});
  }
  return out;
}

class TreeLearner : public Learner {
 public:
  explicit TreeLearner(const TrainingRows& rows)
      : rows_(rows),
        layout_(model::lay_out_features(rows.schema, false)),
        table_(rows.schema, layout_, rows.table) {}

  Candidate cross_validate() override {
    const std::vector<TreeFold> folds = tree_folds(rows_.fold, rows_.validation_folds);
    // Shapes of large tables are compared on some of the rows.
    const std::vector<TreeFold> some = sampled_folds(folds, rows_.table.rows, kMostToCompare);
    std::optional<TreeTrial> best;
    for (const TreeOptions& options : shapes(rows_, table_)) {
      TreeTrial trial = cross_validate_trees(table_, target(), some, options);
      if (best && mean_loss(trial) >= mean_loss(*best)) continue;
      best = std::move(trial);
      chosen_ = options;
    }
    if (rows_.table.rows > kMostToCompare) {
      best = cross_validate_trees(table_, target(), folds, chosen_);
    }
    rounds_ = best->rounds;
    if (folds.size() == 1) validated_ = std::move(best->first_fold);
    Candidate candidate;
    candidate.algorithm = "trees";
    candidate.settings = tree_settings(chosen_, rounds_);
    candidate.learning_curve = learning_curve(*best);
    candidate.outputs = tree_probabilities(best->margins, rows_.classes());
    candidate.fold_losses = std::move(best->fold_losses);
    return candidate;
  }

  model::Classifier fit(FitRows rows) override {
    // With one fold there is a model of most rows already.
    if (rows == FitRows::without_test && validated_ && rows_.table.rows > kMostToCompare) {
      return *validated_;
    }
    return fit_trees(table_, target(), rows_to_fit(rows_.fold, rows), chosen_, rounds_);
  }

  const model::FeatureLayout& layout() const override { return layout_; }

 private:
  static constexpr std::size_t kMostToCompare = 50'000;

  static double mean_loss(const TreeTrial& trial) {
    return trial.losses[static_cast<std::size_t>(trial.rounds) - 1];
  }

  TreeTarget target() const {
    return {.classes = rows_.classes(), .labels = rows_.table.labels, .numbers = {}};
  }

  const TrainingRows& rows_;
  model::FeatureLayout layout_;
  BinnedTable table_;
  TreeOptions chosen_;
  int rounds_ = 1;
  std::optional<model::TreeEnsemble> validated_;  ///< the one that held out the only fold
};

}  // namespace

std::unique_ptr<Learner> tree_learner(const TrainingRows& rows) {
  return std::make_unique<TreeLearner>(rows);
}

}  // namespace vitrine::train
