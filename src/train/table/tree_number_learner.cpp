// Boosted trees as a Learner of numbers: chooses their shape, their number, and the scale of the
// target by cross-validation.
#include <memory>
#include <utility>

#include "train/table/number_fit.h"
#include "train/table/tree_choice.h"

namespace vitrine::train {
namespace {

std::vector<float> floats_of(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};
}

/// Targets on a scale, and the loss that suits it.
TreeTarget target_of(const std::vector<float>& targets, const data::NumberTarget& scale) {
  return {.labels = {},
          .numbers = targets,
          .loss = scale.link == data::Link::log ? TreeLoss::poisson : TreeLoss::squared};
}

class TreeNumberLearner : public Learner {
 public:
  explicit TreeNumberLearner(const TrainingRows& rows)
      : rows_(rows),
        layout_(model::lay_out_features(rows.schema, false)),
        table_(rows.schema, layout_, rows.table) {}

  Candidate cross_validate() override {
    Candidate best;
    // The shapes are compared on the numbers as they are (the first scale) and, unless that takes
    // long, on their logarithms.
    constexpr std::size_t kManyCells = 5'000'000;
    const bool few = rows_.table.rows * layout_.size <= kManyCells;
    for (const data::NumberTarget& scale : scales_of(rows_, true)) {
      const std::vector<float> targets = floats_of(scaled_targets(rows_, scale));
      const TreeTarget target = target_of(targets, scale);
      const bool all = best.fold_losses.empty() || (few && scale.link == data::Link::log);
      const auto tried = all ? shapes() : std::vector{options_};
      for (const TreeOptions& options : tried) try_trees(target, scale, options, best);
    }
    held_out_.finish(
        rows_, [&](const ErrorSizes& errors) { return cross_validate_sizes(errors); }, best);
    return best;
  }

  model::Classifier fit(FitRows rows) override {
    const std::vector<float> targets = floats_of(scaled_targets(rows_, held_out_.scale));
    model::TreeEnsemble out = fit_trees(table_, target_of(targets, held_out_.scale),
                                        rows_to_fit(rows_.fold, rows), options_, rounds_);
    out.base.push_back(0);
    out.size_trees = 0;
    if (!held_out_.sized) return out;
    const std::vector<float> logs = floats_of(held_out_.errors.logs);
    model::TreeEnsemble sizes = fit_trees(table_, {.labels = {}, .numbers = logs},
                                          rows_to_fit(held_out_.errors.fold, FitRows::without_test),
                                          size_options(), size_rounds_);
    out.base[1] = sizes.base[0] + static_cast<float>(held_out_.errors.mean);
    out.size_trees = sizes.trees.size();
    for (model::Tree& tree : sizes.trees) out.trees.push_back(std::move(tree));
    return out;
  }

  const model::FeatureLayout& layout() const override { return layout_; }

 private:
  /// Additive in three columns, and deeper trees that grow leaf by leaf, as LightGBM's do.
  std::vector<TreeOptions> shapes() const {
    const double columns = layout_.size >= 10 ? 0.8 : 1;
    TreeOptions shallow{.depth = 3,
                        .learning_rate = 0.1,
                        .row_share = 0.8,
                        .column_share = columns,
                        .least_hessian = least_hessian(rows_),
                        .seed = rows_.seed,
                        .most_rounds = 2000};
    TreeOptions deep = shallow;
    deep.depth = 12;
    deep.leaves = 15;
    deep.learning_rate = 0.05;
    TreeOptions deepest = deep;
    deepest.leaves = 31;
    deepest.column_share = 1;
    return {shallow, deep, deepest};
  }

  TreeOptions size_options() const {
    return {
        .depth = 3, .row_share = 0.8, .least_hessian = least_hessian(rows_), .seed = rows_.seed};
  }

  void try_trees(const TreeTarget& target, const data::NumberTarget& scale,
                 const TreeOptions& options, Candidate& best) {
    const TreeTrial trial = cross_validate_trees(
        table_, target, tree_folds(rows_.fold, rows_.validation_folds), options);
    const std::vector<double> margins(trial.margins.begin(), trial.margins.end());
    Candidate candidate{.algorithm = "trees",
                        .fold_losses = fold_errors(rows_, scale, margins),
                        .number = scale,
                        .settings = tree_settings(options, trial.rounds),
                        .learning_curve = learning_curve(trial)};
    candidate.settings["scale"] = name_of(scale.link);
    if (!best.fold_losses.empty() && candidate.mean_loss() >= best.mean_loss()) return;
    best = std::move(candidate);
    options_ = options;
    rounds_ = trial.rounds;
    held_out_.margins = margins;
  }

  /// The held-out log sizes, without their mean.
  std::vector<double> cross_validate_sizes(const ErrorSizes& errors) {
    const std::vector<float> logs = floats_of(errors.logs);
    const TreeTrial trial =
        cross_validate_trees(table_, {.labels = {}, .numbers = logs},
                             tree_folds(errors.fold, data::kFolds), size_options());
    size_rounds_ = trial.rounds;
    return {trial.margins.begin(), trial.margins.end()};
  }

  const TrainingRows& rows_;
  model::FeatureLayout layout_;
  BinnedTable table_;
  TreeOptions options_;
  int rounds_ = 1;
  int size_rounds_ = 1;
  HeldOutNumbers held_out_;
};

}  // namespace

std::unique_ptr<Learner> tree_number_learner(const TrainingRows& rows) {
  return std::make_unique<TreeNumberLearner>(rows);
}

}  // namespace vitrine::train
