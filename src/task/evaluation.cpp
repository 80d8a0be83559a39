#include "task/evaluation.h"

#include <algorithm>

namespace vitrine::task {
namespace {

void add(Json& json, const std::string& key, const metrics::Figure& figure) {
  json[key] = rounded(figure.value);
  json[key + "_ci95"] = {rounded(figure.ci95.low), rounded(figure.ci95.high)};
}

}  // namespace

std::vector<MetricName> metric_names() {
  return {classification_metrics().begin(), classification_metrics().end()};
}

const metrics::Figure* Evaluation::find(std::string_view key) const {
  const auto found =
      std::ranges::find(metrics, key, [](const MetricValue& one) { return one.metric.key; });
  return found == metrics.end() ? nullptr : &found->figure;
}

Evaluation evaluate(const ClassifiedCases& cases) {
  Evaluation out;
  out.rows = cases.known();
  for (const auto& metric : classification_metrics()) {
    if (const auto figure = metric.value(cases)) out.metrics.push_back({metric, *figure});
  }
  out.confusion = metrics::confusion_matrix(cases.answers, cases.labels, cases.classes);
  out.classes = metrics::class_figures(out.confusion);
  out.calibration =
      metrics::calibration_bins(cases.probabilities, cases.answers, cases.labels, cases.classes);
  return out;
}

void widen_cross_fitted(Evaluation& evaluation) {
  constexpr double kFactor = 1.5;
  for (MetricValue& one : evaluation.metrics) {
    one.figure = metrics::widened(one.figure, kFactor, one.metric.highest);
  }
  for (metrics::ClassFigures& one : evaluation.classes) {
    one.precision = metrics::widened(one.precision, kFactor);
    one.recall = metrics::widened(one.recall, kFactor);
  }
}

Json to_json(const Evaluation& evaluation, const std::vector<std::string>& names) {
  Json json{{"rows", evaluation.rows}};
  for (const MetricValue& one : evaluation.metrics) {
    add(json, std::string(one.metric.key), one.figure);
  }
  json["confusion"] = {{"labels", names}, {"rows_are_truth", evaluation.confusion}};
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    const metrics::ClassFigures& figures = evaluation.classes[k];
    Json one{{"label", names[k]}, {"rows", figures.rows}};
    add(one, "precision", figures.precision);
    add(one, "recall", figures.recall);
    one["f1"] = rounded(figures.f1);
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
