#include "app/compare.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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

/// The predictions of several models for the same cases, in the order of classes of the first one.
struct SharedCases {
  data::Target target;
  std::vector<LabelledPredictions> predictions;  ///< [model]
};

SharedCases predict_shared(const std::vector<std::string>& models,
                           const std::vector<std::string>& data,
                           const data::TableFileOptions& file) {
  SharedCases out;
  std::vector<std::vector<std::size_t>> orders;
  std::vector<model::ModelFile> files;
  for (const std::string& path : models) {
    files.push_back(model::read_model(path));
    const data::Target& target = card_of(files.back()).schema.target;
    if (files.size() == 1) out.target = target;
    if (target.number.has_value() != out.target.number.has_value()) {
      throw Error(ErrorKind::bad_input, "one model predicts a number, the other one classes", path,
                  "compare models of the same target");
    }
    orders.push_back(class_order(target, out.target, path));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    out.predictions.push_back(predict_labelled_data(files[i], data, file));
    if (!orders[i].empty()) reorder_classes(out.predictions.back(), orders[i]);
    if (same_truths(out.predictions.front(), out.predictions.back())) continue;
    throw Error(ErrorKind::bad_input, "one of the models skips some cases of this data",
                data::names_text(data),
                "give data that all models can read; 'vitrine evaluate' lists what each skips");
  }
  return out;
}

std::size_t known_cases(const LabelledPredictions& cases) {
  return static_cast<std::size_t>(
      std::ranges::count_if(cases.labels, [](int label) { return label >= 0; }));
}

std::vector<MetricComparison> metrics_of(const data::Target& target,
                                         const LabelledPredictions& first,
                                         const LabelledPredictions& second) {
  if (target.number) {
    return compare_metrics(task::regression_metrics(), first.numbers(), second.numbers());
  }
  const std::size_t classes = target.classes.size();
  return compare_metrics(task::classification_metrics(), first.classified(classes),
                         second.classified(classes));
}

/// The keys of a difference in JSON.
Json to_json(const metrics::PairedDifference& one) {
  return {
      {"difference", rounded(one.difference.value)},
      {"difference_ci95", {rounded(one.difference.ci95.low), rounded(one.difference.ci95.high)}},
      {"p_value", rounded(one.p_value, 3)}};
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
    Json& of_metric =
        json[one.metric.key] = {{"first", rounded(one.first)}, {"second", rounded(one.second)}};
    of_metric.update(app::to_json(one.difference));
    of_metric["verdict"] = one.verdict();
  }
  return json;
}

ModelComparison compare_models(const CompareOptions& options) {
  const SharedCases cases =
      predict_shared({options.first, options.second}, options.data, options.file);
  const LabelledPredictions& first = cases.predictions[0];
  const LabelledPredictions& second = cases.predictions[1];
  ModelComparison out{.rows = known_cases(first), .noun = first.noun};
  if (!cases.target.number) {
    out.accuracy = metrics::compare_accuracy(first.predicted, second.predicted, first.labels);
  }
  out.metrics = metrics_of(cases.target, first, second);
  return out;
}

ModelRanking rank_models(const std::vector<std::string>& models,
                         const std::vector<std::string>& data, const data::TableFileOptions& file) {
  const SharedCases cases = predict_shared(models, data, file);
  ModelRanking out{.rows = known_cases(cases.predictions.front()),
                   .noun = cases.predictions.front().noun};
  const std::string_view key = cases.target.number ? "rmse" : "log_loss";
  std::vector<std::size_t> order(models.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<task::Evaluation> evaluations;
  for (const LabelledPredictions& one : cases.predictions) {
    evaluations.push_back(one.evaluated(cases.target));
  }
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) { return evaluations[i].find(key)->value; });
  for (const std::size_t i : order) {
    RankedModel one{models[i], evaluations[i], std::nullopt};
    const LabelledPredictions& best = cases.predictions[order.front()];
    for (const MetricComparison& metric : metrics_of(cases.target, best, cases.predictions[i])) {
      if (metric.metric.key != key) continue;
      out.by = metric.metric;
      if (i != order.front()) one.behind = metric;
    }
    out.models.push_back(std::move(one));
  }
  return out;
}

Json ModelRanking::to_json() const {
  Json json{{"rows", rows}, {"ranked_by", by.key}, {"models", Json::array()}};
  for (const RankedModel& one : models) {
    Json model{{"model", one.model}};
    model.update(task::metrics_json(one.metrics));
    if (one.behind) model["behind_best"] = app::to_json(one.behind->difference);
    json["models"].push_back(std::move(model));
  }
  return json;
}

}  // namespace vitrine::app
