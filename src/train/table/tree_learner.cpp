// Boosted trees as a Learner: chooses the shape and number of trees by cross-validation.
#include <memory>

#include "train/table/tree_rows.h"

namespace vitrine::train {
namespace {

/// The shapes that are tried: additive, pairs of columns, and deeper trees with sampling. Chosen on
/// the folds of the telco table, where a finer grid was not better.
std::vector<TreeOptions> shapes(std::size_t features, std::uint64_t seed) {
  // With few columns there is no column sampling: a tree with two of four columns can't model
  // interactions of three.
  const double columns = features >= 10 ? 0.7 : 1;
  std::vector<TreeOptions> out;
  out.push_back({.depth = 1, .learning_rate = 0.1, .seed = seed});
  out.push_back({.depth = 2, .learning_rate = 0.1, .seed = seed});
  for (const int depth : {3, 6}) {
    out.push_back({.depth = depth,
                   .learning_rate = 0.1,
                   .row_share = 0.7,
                   .column_share = columns,
                   .seed = seed});
  }
  return out;
}

class TreeLearner : public Learner {
 public:
  explicit TreeLearner(const TrainingRows& rows)
      : rows_(rows), layout_(model::lay_out_features(rows.schema, false)), data_(rows, layout_) {}

  Candidate cross_validate() override {
    const std::vector<TreeFold> folds = data_.folds(rows_.fold, rows_.validation_folds);
    Candidate best;
    for (const TreeOptions& options : shapes(layout_.size, rows_.seed)) {
      TreeTrial trial = cross_validate_trees(folds, rows_.table.rows, rows_.classes(), options);
      Candidate candidate;
      candidate.algorithm = "trees";
      candidate.fold_losses = std::move(trial.fold_losses);
      candidate.outputs = std::move(trial.probabilities);
      candidate.settings = tree_settings(options, trial.rounds);
      candidate.learning_curve = learning_curve(trial);
      if (best.fold_losses.empty() || candidate.mean_loss() < best.mean_loss()) {
        best = std::move(candidate);
        chosen_ = options;
        rounds_ = trial.rounds;
      }
    }
    return best;
  }

  model::Classifier fit(FitRows rows_to_fit) override {
    const auto is_wanted = [&](std::size_t row) {
      return rows_to_fit == FitRows::all || rows_.fold[row] != data::kTestFold;
    };
    return fit_trees(data_.select(is_wanted), rows_.classes(), chosen_, rounds_);
  }

  const model::FeatureLayout& layout() const override { return layout_; }

 private:
  const TrainingRows& rows_;
  model::FeatureLayout layout_;
  TreeData data_;
  TreeOptions chosen_;
  int rounds_ = 1;
};

}  // namespace

std::unique_ptr<Learner> tree_learner(const TrainingRows& rows) {
  return std::make_unique<TreeLearner>(rows);
}

}  // namespace vitrine::train
