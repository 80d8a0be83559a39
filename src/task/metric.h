// A metric: what it is called, and how it is computed and compared. The terminal, reports, the page
// and the JSON of an evaluation take their metrics, in this order, from the table of the task.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "metrics/interval.h"
#include "metrics/paired.h"

namespace vitrine::task {

enum class Better { higher, lower };

struct MetricInfo {
  std::string_view key;      ///< in JSON; stable. Its interval is `<key>_ci95`
  std::string_view name;     ///< for people: "log loss"
  std::string_view meaning;  ///< one line for people who meet it for the first time
  Better better = Better::higher;
  double highest =
      1;  ///< the largest possible value; intervals of cross-fitted metrics are cut there and at 0
  bool in_units = false;    ///< it has the unit of the target
  bool of_baseline = true;  ///< it says something about a baseline (task/baseline.h)
};

/// A metric of predictions on labelled cases, which are of the type `Cases`.
template <typename Cases>
struct Metric : MetricInfo {
  /// nullopt if the metric does not exist for these cases.
  std::optional<metrics::Estimate> (*value)(const Cases&);
  /// The difference of two models on the same cases; null: the metric is not compared.
  std::optional<metrics::PairedDifference> (*compare)(const Cases& first, const Cases& second);
};

/// The metrics of all tasks in the order in which they are shown, each key once. Defined in
/// evaluation.cpp.
std::vector<MetricInfo> known_metrics();

}  // namespace vitrine::task
