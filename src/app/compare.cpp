#include "app/compare.h"

#include <algorithm>
#include <cmath>

#include "app/labelled_predictions.h"
#include "base/error.h"
#include "base/text.h"
#include "task/classification.h"

namespace vitrine::app {
namespace {

/// For each class of the second model (`own`) its index in the first model (`wanted`). Throws
/// Error(bad_input) if the classes differ.
std::vector<std::size_t> class_order(const data::Target& own, const data::Target& wanted,
                                     const std::string& where) {
  std::vector<std::size_t> order;
  for (const data::Category& one : own.classes) {
    const auto found = wanted.class_of(one.value);
    if (!found || own.classes.size() != wanted.classes.size()) {
      throw Error(ErrorKind::bad_input, "the models do not predict the same classes", where,
                  "compare models of the same target: their classes are " +
                      listed(wanted.class_names()) + ", and " + listed(own.class_names()));
    }
    order.push_back(static_cast<std::size_t>(*found));
  }
  return order;
}

/// Changes predictions and labels of the second model to the first model's order of classes.
void reorder_classes(LabelledPredictions& second, const std::vector<std::size_t>& order) {
  const std::size_t classes = order.size();
  std::vector<float> reordered(second.probabilities.size());
  for (std::size_t i = 0; i < second.probabilities.size(); ++i) {
    reordered[i / classes * classes + order[i % classes]] = second.probabilities[i];
  }
  second.probabilities = std::move(reordered);
  const auto reorder = [&](int& k) {
    if (k >= 0) k = static_cast<int>(order[static_cast<std::size_t>(k)]);
  };
  std::ranges::for_each(second.predicted, reorder);
  std::ranges::for_each(second.labels, reorder);
}

bool same_truths(const LabelledPredictions& first, const LabelledPredictions& second) {
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  if (!first.targets.empty()) return std::ranges::equal(first.targets, second.targets, same);
  return first.labels == second.labels;
}

const model::Card& card_of(const model::ModelFile& file) {
  if (!file.card) {
    throw Error(ErrorKind::bad_model, "the file has no card: Vitrine did not write it", file.path,
                "compare files that 'vitrine train' saved");
  }
  return *file.card;
}

template <typename Cases>
std::vector<MetricComparison> compare_metrics(std::span<const task::Metric<Cases>> metrics,
                                              const Cases& first, const Cases& second) {
  std::vector<MetricComparison> out;
  for (const auto& metric : metrics) {
    if (metric.compare == nullptr) continue;
    const auto a = metric.value(first);
    const auto b = metric.value(second);
    const auto difference = metric.compare(first, second);
    if (a && b && difference) out.push_back({metric, a->value, b->value, *difference});
  }
  return out;
}

}  // namespace

std::string MetricComparison::verdict() const {
  if (difference.p_value >= 0.05) return "no significant difference";
  const bool second_better =
      (difference.difference.value > 0) == (metric.better == task::Better::higher);
  return second_better ? "the second is better" : "the first is better";
}

Json ModelComparison::to_json() const {
  Json json{{"rows", rows}};
  if (accuracy) {
    json["only_first_right"] = accuracy->only_first;
    json["only_second_right"] = accuracy->only_second;
  }
  for (const MetricComparison& one : metrics) {
    json[one.metric.key] = {{"first", rounded(one.first)},
                            {"second", rounded(one.second)},
                            {"difference", rounded(one.difference.difference.value)},
                            {"difference_ci95",
                             {rounded(one.difference.difference.ci95.low),
                              rounded(one.difference.difference.ci95.high)}},
                            {"p_value", rounded(one.difference.p_value, 3)},
                            {"verdict", one.verdict()}};
  }
  return json;
}

ModelComparison compare_models(const CompareOptions& options) {
  const model::ModelFile first_file = model::read_model(options.first);
  const model::ModelFile second_file = model::read_model(options.second);
  const data::Target& target = card_of(first_file).schema.target;
  const data::Target& other = card_of(second_file).schema.target;
  if (target.number.has_value() != other.number.has_value()) {
    throw Error(ErrorKind::bad_input, "one model predicts a number, the other one classes",
                options.second, "compare models of the same target");
  }
  const auto order = class_order(other, target, options.second);
  const LabelledPredictions first = predict_labelled_data(first_file, options.data, options.file);
  LabelledPredictions second = predict_labelled_data(second_file, options.data, options.file);
  if (!order.empty()) reorder_classes(second, order);
  if (!same_truths(first, second)) {
    throw Error(ErrorKind::bad_input, "one of the models skips some cases of this data",
                data::names_text(options.data),
                "give data that both models can read; 'vitrine evaluate' lists what each skips");
  }
  ModelComparison out;
  out.noun = first.noun;
  out.rows = static_cast<std::size_t>(
      std::ranges::count_if(first.labels, [](int label) { return label >= 0; }));
  if (target.number) {
    out.metrics = compare_metrics(task::regression_metrics(), first.numbers(), second.numbers());
    return out;
  }
  out.accuracy = metrics::compare_accuracy(first.predicted, second.predicted, first.labels);
  const std::size_t classes = target.classes.size();
  out.metrics = compare_metrics(task::classification_metrics(), first.classified(classes),
                                second.classified(classes));
  return out;
}

}  // namespace vitrine::app
