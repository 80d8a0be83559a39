#include "task/classification.h"

#include <algorithm>

#include "metrics/classification.h"

namespace vitrine::task {
namespace {

using metrics::Estimate;
using metrics::PairedDifference;
using Cases = ClassifiedCases;

std::vector<std::vector<std::size_t>> confusion_of(const Cases& cases) {
  return metrics::confusion_matrix(cases.predicted, cases.labels, cases.classes);
}

/// Two classes: the probability of the second one in each case.
std::vector<float> scores_of(const Cases& cases) {
  std::vector<float> scores(cases.labels.size());
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = cases.probabilities[2 * i + 1];
  return scores;
}

std::optional<Estimate> auc(const Cases& cases) {
  if (cases.classes != 2) return std::nullopt;
  return metrics::area_under_roc(scores_of(cases), cases.labels);
}

std::optional<PairedDifference> compare_auc(const Cases& first, const Cases& second) {
  if (first.classes != 2) return std::nullopt;
  return metrics::compare_auc(scores_of(first), scores_of(second), first.labels);
}

std::optional<Estimate> accuracy(const Cases& cases) {
  std::size_t hits = 0;
  for (std::size_t i = 0; i < cases.labels.size(); ++i)
    hits += cases.predicted[i] == cases.labels[i];
  return metrics::proportion(hits, cases.known());
}

std::optional<PairedDifference> compare_accuracy(const Cases& first, const Cases& second) {
  return metrics::compare_accuracy(first.predicted, second.predicted, first.labels).accuracy;
}

std::optional<Estimate> f1_macro(const Cases& cases) {
  return metrics::f1_macro(confusion_of(cases));
}

std::optional<Estimate> log_loss(const Cases& cases) {
  return metrics::log_loss_estimate(cases.probabilities, cases.labels, cases.classes);
}

std::optional<PairedDifference> compare_log_loss(const Cases& first, const Cases& second) {
  std::vector<double> of_first, of_second;
  metrics::log_loss(first.probabilities, first.labels, first.classes, &of_first);
  metrics::log_loss(second.probabilities, second.labels, second.classes, &of_second);
  return metrics::compare_means(of_first, of_second);
}

std::optional<Estimate> calibration_error(const Cases& cases) {
  return metrics::expected_calibration_error(
      metrics::calibration_bins(cases.probabilities, cases.predicted, cases.labels, cases.classes));
}

std::optional<Estimate> brier(const Cases& cases) {
  return metrics::brier_score(cases.probabilities, cases.labels, cases.classes);
}

constexpr Metric<Cases> kMetrics[] = {
    {{"auc", "AUC",
      "area under the ROC curve: how often a positive case gets a higher probability than a "
      "negative one"},
     auc,
     compare_auc},
    {{"accuracy", "accuracy", "share of correct predictions"}, accuracy, compare_accuracy},
    {{"f1_macro", "F1 (macro)", "mean of the classes' F1 scores"}, f1_macro, nullptr},
    {{"log_loss", "log loss", "0 is perfect; confident errors cost most", Better::lower,
      metrics::kNoUpperBound},
     log_loss,
     compare_log_loss},
    {{.key = "ece",
      .name = "calibration error",
      .meaning = "mean difference of predicted and observed frequency",
      .better = Better::lower,
      .of_baseline = false},
     calibration_error,
     nullptr},
    {{"brier", "Brier score", "mean squared error of the probabilities; 0 is perfect",
      Better::lower, 2},
     brier,
     nullptr},
};

}  // namespace

std::size_t ClassifiedCases::known() const {
  return static_cast<std::size_t>(std::ranges::count_if(labels, [](int k) { return k >= 0; }));
}

std::span<const Metric<ClassifiedCases>> classification_metrics() { return kMetrics; }

}  // namespace vitrine::task
