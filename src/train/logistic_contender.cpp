// Logistic regression as a contender: the strength C by cross-validation.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "metrics/classification.h"
#include "train/candidate.h"
#include "train/linear_probabilities.h"

namespace vitrine {
namespace {

double logistic(double margin) { return 1 / (1 + std::exp(-margin)); }

/// Steps of the search: C = 10^(step / 2).
constexpr int kWeakest = 6;
constexpr int kStrongest = -6;

double strength(int step) { return std::pow(10.0, step / 2.0); }

class LogisticContender : public Contender {
 public:
  explicit LogisticContender(const TrainingRows& rows)
      : rows_(rows), layout_(lay_out_features(rows.schema, true)) {
    fit_scaling(rows.schema, layout_, rows.table, scaling_);
    design_ = pack_design(rows.schema, layout_, rows.table, scaling_);
    // Two classes: one target; more: one a class, against the rest.
    const std::size_t classes = rows.classes();
    for (std::size_t k = classes == 2 ? 1 : 0; k < classes; ++k) {
      auto& positive = targets_.emplace_back(rows.table.rows);
      for (std::size_t row = 0; row < rows.table.rows; ++row) {
        positive[row] = rows.table.labels[row] == static_cast<int>(k) ? 1 : 0;
      }
    }
    for (const auto& target : targets_) solvers_.emplace_back(design_, target, rows_.fold);
  }

  Candidate cross_validate() override {
    // Walk from C = 1 downhill on the folds' mean loss; it has one valley.
    int best = 0;
    judge(best);
    for (const int direction : {-1, 1}) {
      while (best + direction >= kStrongest && best + direction <= kWeakest) {
        if (judge(best + direction).mean_loss() >= trials_.at(best).mean_loss()) break;
        best += direction;
      }
    }
    chosen_ = strength(best);
    Candidate candidate = trials_.at(best);
    trials_.clear();
    candidate.settings = {{"C", rounded(chosen_)}};
    return candidate;
  }

  Classifier fit(Teach teach) override {
    LinearModel model = scaling_;
    for (auto& solver : solvers_) {
      const FloatWeights weights(
          solver.fit(chosen_, teach == Teach::all ? LogisticSolver::kAllRows : -1));
      model.weights.push_back(weights.features);
      model.bias.push_back(weights.bias);
    }
    return model;
  }

  const FeatureLayout& layout() const override { return layout_; }

 private:
  const Candidate& judge(int step) {
    if (const auto found = trials_.find(step); found != trials_.end()) return found->second;
    Candidate candidate;
    candidate.algorithm = "logistic";
    std::vector<std::vector<double>> scores;
    for (auto& solver : solvers_) {
      if (trials_.empty() && design_.features <= kNewtonFeatures) {
        solver.fit(strength(step), -1);  // where the folds start from
      }
      std::vector<FloatWeights> by_fold;
      for (const Weights& weights : solver.fit_folds(strength(step), rows_.judged_folds)) {
        by_fold.emplace_back(weights);
      }
      scores.push_back(margins(design_, by_fold, rows_.fold));
    }
    candidate.probabilities = linear_probabilities(scores);
    for (std::size_t fold = 0; fold < rows_.judged_folds; ++fold) {
      std::vector<int> labels = rows_.table.labels;
      for (std::size_t row = 0; row < labels.size(); ++row) {
        if (rows_.fold[row] != fold) labels[row] = -1;
      }
      candidate.fold_losses.push_back(log_loss(candidate.probabilities, labels, rows_.classes()));
    }
    return trials_.emplace(step, std::move(candidate)).first->second;
  }

  const TrainingRows& rows_;
  FeatureLayout layout_;
  LinearModel scaling_;
  Design design_;
  std::vector<std::vector<std::uint8_t>> targets_;
  std::vector<LogisticSolver> solvers_;
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
