// Logistic regression as a contender: the strength C by cross-validation.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include "metrics/classification.h"
#include "train/candidate.h"
#include "train/judge.h"
#include "train/linear_probabilities.h"
#include "train/softmax.h"

namespace vitrine {
namespace {

double logistic(double margin) { return 1 / (1 + std::exp(-margin)); }

/// Steps of the search: C = 10^(step / 2).
constexpr int kWeakest = 6;
constexpr int kStrongest = -6;

double strength(int step) { return std::pow(10.0, step / 2.0); }

/// Losses nearer than this are taken for equal: the stronger regularisation wins.
constexpr double kNoGain = 1e-5;

class LogisticContender : public Contender {
 public:
  explicit LogisticContender(const TrainingRows& rows)
      : rows_(rows), layout_(lay_out_features(rows.schema, true)) {
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
    // Walk from C = 1 downhill on the folds' mean loss; it has one valley.
    int best = 0;
    judge(best);
    for (const int direction : {-1, 1}) {
      const double gain = direction > 0 ? kNoGain : -kNoGain;
      while (best + direction >= kStrongest && best + direction <= kWeakest) {
        if (judge(best + direction).mean_loss() >= trials_.at(best).mean_loss() - gain) break;
        best += direction;
      }
    }
    // Small tables can't tell a stronger regularisation from the best.
    while (best > kStrongest && judge(best - 1).as_good_as(trials_.at(best))) --best;
    chosen_ = strength(best);
    Candidate candidate = trials_.at(best);
    trials_.clear();
    candidate.settings = {{"C", rounded(chosen_)}};
    return candidate;
  }

  Classifier fit(Teach teach) override {
    LinearModel model = model_;
    const int left_out = teach == Teach::all ? LogisticSolver::kAllRows : -1;
    for (const FloatWeights& weights : fit_rows(chosen_, left_out)) {
      model.weights.push_back(weights.features);
      model.bias.push_back(weights.bias);
    }
    return model;
  }

  const FeatureLayout& layout() const override { return layout_; }

 private:
  /// One row of weights (two classes) or one a class.
  std::vector<FloatWeights> fit_rows(double c, int left_out) {
    if (logistic_) return {FloatWeights(logistic_->fit(c, left_out))};
    std::vector<FloatWeights> rows;
    for (const Weights& weights : softmax_->fit(c, left_out)) rows.emplace_back(weights);
    return rows;
  }

  /// [row of weights][fold]
  std::vector<std::vector<FloatWeights>> fit_folds(double c) {
    const bool narrow = design_.features <= kNewtonFeatures;
    if (trials_.empty() && (softmax_ || narrow)) fit_rows(c, -1);  // where the folds start from
    std::vector<std::vector<FloatWeights>> rows(logistic_ ? 1 : rows_.classes());
    if (logistic_) {
      for (const Weights& weights : logistic_->fit_folds(c, rows_.judged_folds)) {
        rows[0].emplace_back(weights);
      }
      return rows;
    }
    for (std::size_t fold = 0; fold < rows_.judged_folds; ++fold) {
      auto fitted = fit_rows(c, static_cast<int>(fold));
      for (std::size_t k = 0; k < rows.size(); ++k) rows[k].push_back(std::move(fitted[k]));
    }
    return rows;
  }

  const Candidate& judge(int step) {
    if (const auto found = trials_.find(step); found != trials_.end()) return found->second;
    Candidate candidate;
    candidate.algorithm = "logistic";
    std::vector<std::vector<double>> scores;
    for (const auto& by_fold : fit_folds(strength(step))) {
      scores.push_back(margins(design_, by_fold, rows_.fold));
    }
    candidate.probabilities = linear_probabilities(scores, model_.softmax);
    for (std::size_t fold = 0; fold < rows_.judged_folds; ++fold) {
      const auto labels = labels_where(rows_.table.labels,
                                       [&](std::size_t row) { return rows_.fold[row] == fold; });
      candidate.fold_losses.push_back(log_loss(candidate.probabilities, labels, rows_.classes()));
    }
    return trials_.emplace(step, std::move(candidate)).first->second;
  }

  const TrainingRows& rows_;
  FeatureLayout layout_;
  LinearModel model_;  ///< all but the weights
  Design design_;
  std::vector<std::uint8_t> positive_;
  std::optional<LogisticSolver> logistic_;  ///< two classes
  std::optional<SoftmaxSolver> softmax_;    ///< more
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

std::unique_ptr<Contender> logistic_contender(const TrainingRows& rows) {
  return std::make_unique<LogisticContender>(rows);
}

}  // namespace vitrine
