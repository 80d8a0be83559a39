// A model's metrics on labelled cases, by task, and their JSON, as `evaluate --json` prints it and
// the card keeps it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "data/table/schema.h"
#include "metrics/classification.h"
#include "task/baseline.h"
#include "task/classification.h"
#include "task/regression.h"

namespace vitrine::task {

struct MetricValue {
  MetricInfo metric;
  metrics::Estimate estimate;
};

struct Evaluation {
  std::size_t rows = 0;              ///< cases with a known label
  std::vector<MetricValue> metrics;  ///< those that exist, in the order of the task's table
  std::optional<BaselineComparison> baseline;
  // Of classifiers.
  std::vector<std::vector<std::size_t>> confusion;  ///< [true class][predicted class]
  std::vector<metrics::ClassMetrics> classes;
  std::vector<metrics::CalibrationBin> calibration;

  /// The metric of this key; nullptr if it does not exist.
  const metrics::Estimate* find(std::string_view key) const;
};

/// Computes all metrics of the task, and those of the target's baseline. Thread-safe.
Evaluation evaluate(const ClassifiedCases& cases, const data::Target& target);
Evaluation evaluate(const NumberCases& cases, const data::Target& target);

/// Widens the intervals of metrics of predictions that were cross-fitted in five folds: they come
/// from models that share most of their training data, and none is the final model. Intervals
/// become 1.5 times as wide (corrected variance of Nadeau and Bengio 2003: 1/5 + 1/4, not 1/5).
void widen_cross_fitted(Evaluation& evaluation);

/// Each metric, with `<key>_ci95: [low, high]`.
Json metrics_json(const Evaluation& evaluation);

/// A pair of classes that are confused, by their indices.
struct Confusion {
  std::size_t count = 0;
  std::size_t truth = 0;
  std::size_t predicted = 0;
};

/// The pairs of classes with at least one case, the most frequent first. `matrix`: the JSON
/// `confusion.rows_are_truth`.
std::vector<Confusion> frequent_confusions(const Json& matrix);

/// `rows`; each metric, with `<key>_ci95: [low, high]`; `baseline`: its `prediction`, metrics, and
/// whether it is `beaten`; of classifiers `confusion`, `classes`, `calibration`. `names` are the
/// names of the classes, in order. The keys are stable.
Json to_json(const Evaluation& evaluation, const std::vector<std::string>& names);

}  // namespace vitrine::task
