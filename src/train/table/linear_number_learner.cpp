// Linear regression with an L2 penalty as a Learner of numbers.
#include <cmath>
#include <memory>

#include "train/table/number_fit.h"
#include "train/table/ridge.h"

namespace vitrine::train {
namespace {

class LinearNumberLearner : public Learner {
 public:
  explicit LinearNumberLearner(const TrainingRows& rows)
      : rows_(rows), layout_(model::lay_out_features(rows.schema, true)) {
    fit_scaling(rows.schema, layout_, rows.table, model_);
    design_ = pack_design(rows.schema, layout_, rows.table, model_);
  }

  Candidate cross_validate() override {
    Candidate best;
    for (const data::NumberTarget& scale : scales_of(rows_, false)) {
      const std::vector<double> targets = scaled_targets(rows_, scale);
      for (int step = kWeakest; step <= kStrongest; ++step) {
        const double penalty = std::pow(10.0, step);
        const std::vector<double> held_out =
            held_out_margins(targets, rows_.fold, rows_.validation_folds, penalty);
        Candidate candidate{.algorithm = "linear",
                            .fold_losses = fold_errors(rows_, scale, held_out),
                            .number = scale};
        if (!best.fold_losses.empty() && candidate.mean_loss() >= best.mean_loss()) continue;
        best = std::move(candidate);
        penalty_ = penalty;
        held_out_.margins = held_out;
      }
    }
    best.settings = {{"penalty", penalty_}, {"scale", name_of(best.number->link)}};
    const auto sizes = [&](const ErrorSizes& errors) {
      return held_out_margins(errors.logs, errors.fold, data::kFolds, kSizePenalty);
    };
    held_out_.finish(rows_, sizes, best);
    return best;
  }

  model::Classifier fit(FitRows rows_to_fit) override {
    const RowChoice all_but_test{rows_.fold, -1};
    const RowChoice rows = rows_to_fit == FitRows::all ? RowChoice{} : all_but_test;
    model::LinearModel model = model_;
    const auto add = [&](const FloatWeights& weights) {
      model.weights.emplace_back(weights.features.begin(), weights.features.end());
      model.bias.push_back(weights.bias);
    };
    add(FloatWeights(fit_ridge(design_, scaled_targets(rows_, held_out_.scale), rows, penalty_)));
    FloatWeights sizes;
    sizes.features.assign(layout_.size, 0);
    if (held_out_.sized) {
      sizes = FloatWeights(fit_ridge(design_, held_out_.errors.logs,
                                     RowChoice{held_out_.errors.fold, -1}, kSizePenalty));
      sizes.bias += static_cast<float>(held_out_.errors.mean);
    }
    add(sizes);
    return model;
  }

  const model::FeatureLayout& layout() const override { return layout_; }

 private:
  static constexpr int kWeakest = -2;
  static constexpr int kStrongest = 4;
  static constexpr double kSizePenalty = 100;

  std::vector<double> held_out_margins(std::span<const double> targets,
                                       std::span<const std::uint8_t> fold, std::size_t folds,
                                       double penalty) const {
    std::vector<FloatWeights> by_fold;
    for (std::size_t i = 0; i < folds; ++i) {
      by_fold.emplace_back(
          fit_ridge(design_, targets, RowChoice{fold, static_cast<int>(i)}, penalty));
    }
    return margins(design_, by_fold, fold);
  }

  const TrainingRows& rows_;
  model::FeatureLayout layout_;
  model::LinearModel model_;  ///< scaling and imputation, without weights
  Design design_;
  double penalty_ = 1;
  HeldOutNumbers held_out_;
};

}  // namespace

std::unique_ptr<Learner> linear_number_learner(const TrainingRows& rows) {
  return std::make_unique<LinearNumberLearner>(rows);
}

}  // namespace vitrine::train
