// Logistic regression as a Learner: chooses the strength C by cross-validation.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include "metrics/classification.h"
#include "train/evaluation.h"
#include "train/table/learner.h"
#include "train/table/linear_probabilities.h"
#include "train/table/softmax.h"

namespace vitrine::train {
namespace {

double logistic(double margin) { return 1 / (1 + std::exp(-margin)); }

/// The range of the search: C = 10^(step / 2).
constexpr int kWeakest = 6;
constexpr int kStrongest = -6;

double strength(int step) { return std::pow(10.0, step / 2.0); }

/// Losses that differ by less are treated as equal: the stronger regularisation is preferred.
constexpr double kNoGain = 1e-5;

class LogisticLearner : public Learner {
 public:
  explicit LogisticLearner(const TrainingRows& rows)
      : rows_(rows), layout_(model::lay_out_features(rows.schema, true)) {
    fit_scaling(rows.schema, layout_, rows.table, model_);
    design_ = pack_design(rows.schema, layout_, rows.table, model_);
    model_.softmax = rows.classes() > 2;
    if (model_.softmax) {
      softmax_.emplace(design_, rows.table.labels, rows.classes(), rows_.fold);
      return;
    }
    for (const int label : rows.table.labels) positive_.push_back(label == 1 ? 1 : 0);
    logistic_.emplace(design_, positive_, rows_.fold);
  }

  Candidate cross_validate() override {
    // From C = 1, go in the direction in which the mean loss over the folds decreases; it has one
    // minimum.
    int best = 0;
    trial_of(best);
    for (const int direction : {-1, 1}) {
      const double gain = direction > 0 ? kNoGain : -kNoGain;
      while (best + direction >= kStrongest && best + direction <= kWeakest) {
        if (trial_of(best + direction).mean_loss() >= trials_.at(best).mean_loss() - gain) break;
        best += direction;
      }
    }
    // One-standard-error rule: on small tables, prefer stronger regularisation that is as good.
    while (best > kStrongest && trial_of(best - 1).as_good_as(trials_.at(best))) --best;
    chosen_ = strength(best);
    Candidate candidate = trials_.at(best);
    trials_.clear();
    candidate.settings = {{"C", rounded(chosen_)}};
    return candidate;
  }

  model::Classifier fit(FitRows rows_to_fit) override {
    model::LinearModel model = model_;
    const int left_out = rows_to_fit == FitRows::all ? LogisticSolver::kAllRows : -1;
    for (const FloatWeights& weights : fit_rows(chosen_, left_out)) {
      model.weights.emplace_back(weights.features.begin(), weights.features.end());
      model.bias.push_back(weights.bias);
    }
    return model;
  }

  const model::FeatureLayout& layout() const override { return layout_; }

 private:
  /// One row of weights for two classes, else one for each class.
  std::vector<FloatWeights> fit_rows(double c, int left_out) {
    if (logistic_) return {FloatWeights(logistic_->fit(c, left_out))};
    std::vector<FloatWeights> rows;
    for (const Weights& weights : softmax_->fit(c, left_out)) rows.emplace_back(weights);
    return rows;
  }

  /// [row of weights][fold]
  std::vector<std::vector<FloatWeights>> fit_folds(double c) {
    const bool narrow = design_.features <= kNewtonFeatures;
    if (trials_.empty() && (softmax_ || narrow)) fit_rows(c, -1);  // warm start for the folds
    std::vector<std::vector<FloatWeights>> rows(logistic_ ? 1 : rows_.classes());
    if (logistic_) {
      for (const Weights& weights : logistic_->fit_folds(c, rows_.validation_folds)) {
        rows[0].emplace_back(weights);
      }
      return rows;
    }
    for (std::size_t fold = 0; fold < rows_.validation_folds; ++fold) {
      auto fitted = fit_rows(c, static_cast<int>(fold));
      for (std::size_t k = 0; k < rows.size(); ++k) rows[k].push_back(std::move(fitted[k]));
    }
    return rows;
  }

  /// The cross-validation result for a step of C; computed once.
  const Candidate& trial_of(int step) {
    if (const auto found = trials_.find(step); found != trials_.end()) return found->second;
    Candidate candidate;
    candidate.algorithm = "logistic";
    std::vector<std::vector<double>> scores;
    for (const auto& by_fold : fit_folds(strength(step))) {
      scores.push_back(margins(design_, by_fold, rows_.fold));
    }
    candidate.outputs = linear_probabilities(scores, model_.softmax);
    for (std::size_t fold = 0; fold < rows_.validation_folds; ++fold) {
      const auto labels = labels_where(rows_.table.labels,
                                       [&](std::size_t row) { return rows_.fold[row] == fold; });
      candidate.fold_losses.push_back(
          metrics::log_loss(candidate.outputs, labels, rows_.classes()));
    }
    return trials_.emplace(step, std::move(candidate)).first->second;
  }

  const TrainingRows& rows_;
  model::FeatureLayout layout_;
  model::LinearModel model_;  ///< scaling and imputation, without weights
  Design design_;
  std::vector<std::uint8_t> positive_;
  std::optional<LogisticSolver> logistic_;  ///< two classes
  std::optional<SoftmaxSolver> softmax_;    ///< more classes
  std::map<int, Candidate> trials_;
  double chosen_ = 1;
};

}  // namespace

std::vector<float> linear_probabilities(const std::vector<std::vector<double>>& scores,
                                        bool softmax) {
  const std::size_t rows = scores[0].size();
  const std::size_t classes = scores.size() == 1 ? 2 : scores.size();
  std::vector<float> out(rows * classes);
  for (std::size_t row = 0; row < rows; ++row) {
    float* p = &out[row * classes];
    if (scores.size() == 1) {
      p[1] = static_cast<float>(logistic(scores[0][row]));
      p[0] = static_cast<float>(logistic(-scores[0][row]));
      continue;
    }
    double largest = scores[0][row];
    for (const auto& margin : scores) largest = std::max(largest, margin[row]);
    const auto weight = [&](std::size_t k) {
      return softmax ? std::exp(scores[k][row] - largest) : logistic(scores[k][row]);
    };
    double total = 0;
    for (std::size_t k = 0; k < classes; ++k) total += weight(k);
    for (std::size_t k = 0; k < classes; ++k) p[k] = static_cast<float>(weight(k) / total);
  }
  return out;
}

std::unique_ptr<Learner> logistic_learner(const TrainingRows& rows) {
  return std::make_unique<LogisticLearner>(rows);
}

}  // namespace vitrine::train
