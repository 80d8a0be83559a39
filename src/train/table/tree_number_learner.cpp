// Trees as a Learner of numbers: chooses the ensemble and the scale of the target by
// cross-validation.
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
    // Ensembles are compared on the numbers as they are (the first scale) and, unless that takes
    // long, on their logarithms.
    constexpr std::size_t kManyCells = 5'000'000;
    const bool few = rows_.table.rows * layout_.size <= kManyCells;
    for (const data::NumberTarget& scale : scales_of(rows_, true)) {
      auto trial = std::make_unique<Trial>(table_, rows_, scale);
      if (!chosen_ || (few && scale.link == data::Link::log)) {
        trial->choice.choose();
      } else {
        trial->choice.choose_as(chosen_->choice);
      }
      keep_if_better(std::move(trial), best);
    }
    held_out_.finish(
        rows_, [&](const ErrorSizes& errors) { return cross_validate_sizes(errors); }, best);
    return best;
  }

  model::Classifier fit(FitRows rows) override {
    model::TreeEnsemble out = chosen_->choice.fit(rows);
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
  /// The trees of one scale.
  struct Trial {
    Trial(const BinnedTable& table, const TrainingRows& rows, const data::NumberTarget& target)
        : scale(target),
          targets(floats_of(scaled_targets(rows, scale))),
          choice(table, target_of(targets, scale), rows) {}

    data::NumberTarget scale;
    std::vector<float> targets;
    TreeChoice choice;
  };

  TreeOptions size_options() const {
    return {
        .depth = 3, .row_share = 0.8, .least_hessian = least_hessian(rows_), .seed = rows_.seed};
  }

  void keep_if_better(std::unique_ptr<Trial> trial, Candidate& best) {
    const std::vector<float>& held_out = trial->choice.held_out()[0];
    const std::vector<double> margins(held_out.begin(), held_out.end());
    Candidate candidate{.algorithm = "trees",
                        .fold_losses = fold_errors(rows_, trial->scale, margins),
                        .number = trial->scale,
                        .settings = trial->choice.settings(),
                        .learning_curve = trial->choice.learning_curve()};
    candidate.settings["scale"] = name_of(trial->scale.link);
    if (chosen_ && candidate.mean_loss() >= best.mean_loss()) return;
    best = std::move(candidate);
    chosen_ = std::move(trial);
    held_out_.margins = margins;
  }

  /// The held-out log sizes, without their mean.
  std::vector<double> cross_validate_sizes(const ErrorSizes& errors) {
    const std::vector<float> logs = floats_of(errors.logs);
    const TreeTrial trial =
        cross_validate_trees(table_, {.labels = {}, .numbers = logs},
                             tree_folds(errors.fold, data::kFolds), size_options());
    size_rounds_ = trial.rounds;
    return {trial.margins[0].begin(), trial.margins[0].end()};
  }

  const TrainingRows& rows_;
  model::FeatureLayout layout_;
  BinnedTable table_;
  std::unique_ptr<Trial> chosen_;
  int size_rounds_ = 1;
  HeldOutNumbers held_out_;
};

}  // namespace

std::unique_ptr<Learner> tree_number_learner(const TrainingRows& rows) {
  return std::make_unique<TreeNumberLearner>(rows);
}

}  // namespace vitrine::train
