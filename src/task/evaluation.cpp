#include "task/evaluation.h"

#include <algorithm>

namespace vitrine::task {
namespace {

void add(Json& json, const std::string& key, const metrics::Estimate& estimate) {
  json[key] = rounded(estimate.value);
  json[key + "_ci95"] = {rounded(estimate.ci95.low), rounded(estimate.ci95.high)};
}

}  // namespace

std::vector<MetricInfo> known_metrics() {
  std::vector<MetricInfo> all{classification_metrics().begin(), classification_metrics().end()};
  all.insert(all.end(), regression_metrics().begin(), regression_metrics().end());
  return all;
}

const metrics::Estimate* Evaluation::find(std::string_view key) const {
  const auto found =
      std::ranges::find(metrics, key, [](const MetricValue& one) { return one.metric.key; });
  return found == metrics.end() ? nullptr : &found->estimate;
}

Evaluation evaluate(const ClassifiedCases& cases, const data::Target& target) {
  Evaluation out;
  out.rows = cases.known();
  for (const auto& metric : classification_metrics()) {
    if (const auto estimate = metric.value(cases)) out.metrics.push_back({metric, *estimate});
  }
  out.confusion = metrics::confusion_matrix(cases.predicted, cases.labels, cases.classes);
  out.classes = metrics::class_metrics(out.confusion);
  out.calibration =
      metrics::calibration_bins(cases.probabilities, cases.predicted, cases.labels, cases.classes);
  out.baseline = compare_to_baseline(cases, target);
  return out;
}

Evaluation evaluate(const NumberCases& cases, const data::Target& target) {
  Evaluation out;
  out.rows = cases.known();
  for (const auto& metric : regression_metrics()) {
    if (const auto estimate = metric.value(cases)) out.metrics.push_back({metric, *estimate});
  }
  out.baseline = compare_to_baseline(cases, target);
  return out;
}

void widen_cross_fitted(Evaluation& evaluation) {
  constexpr double kFactor = 1.5;
  for (MetricValue& one : evaluation.metrics) {
    one.estimate = metrics::widened(one.estimate, kFactor, one.metric.highest);
  }
  for (metrics::ClassMetrics& one : evaluation.classes) {
    one.precision = metrics::widened(one.precision, kFactor);
    one.recall = metrics::widened(one.recall, kFactor);
  }
}

Json metrics_json(const Evaluation& evaluation) {
  Json json = Json::object();
  for (const MetricValue& one : evaluation.metrics) {
    add(json, std::string(one.metric.key), one.estimate);
  }
  return json;
}

std::vector<Confusion> frequent_confusions(const Json& matrix) {
  std::vector<Confusion> all;
  for (std::size_t truth = 0; truth < matrix.size(); ++truth) {
    for (std::size_t predicted = 0; predicted < matrix.size(); ++predicted) {
      const auto count = whole_number<std::size_t>(matrix.at(truth).at(predicted));
      if (truth != predicted && count > 0) all.push_back({count, truth, predicted});
    }
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, &Confusion::count);
  return all;
}

Json to_json(const Evaluation& evaluation, const std::vector<std::string>& names) {
  Json json{{"rows", evaluation.rows}};
  json.update(metrics_json(evaluation));
  if (const auto& baseline = evaluation.baseline) {
    Json& one =
        json["baseline"] = {{"prediction", baseline->prediction}, {"beaten", baseline->beaten}};
    for (const auto& [metric, value] : baseline->values) one[metric.key] = rounded(value);
  }
  if (evaluation.classes.empty()) return json;
  json["confusion"] = {{"labels", names}, {"rows_are_truth", evaluation.confusion}};
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    const metrics::ClassMetrics& of_class = evaluation.classes[k];
    Json one{{"label", names[k]}, {"rows", of_class.rows}};
    add(one, "precision", of_class.precision);
    add(one, "recall", of_class.recall);
    one["f1"] = rounded(of_class.f1);
    json["classes"].push_back(std::move(one));
  }
  for (const metrics::CalibrationBin& bin : evaluation.calibration) {
    json["calibration"].push_back({{"low", bin.low},
                                   {"high", bin.high},
                                   {"rows", bin.rows},
                                   {"confidence", rounded(bin.confidence)},
                                   {"observed", rounded(bin.observed)}});
  }
  return json;
}

}  // namespace vitrine::task
