// A metric as every page, report and JSON shows it. The tables of metrics, one a task, give the
// order, the names and the functions; whatever shows metrics reads them from here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "metrics/interval.h"
#include "metrics/paired.h"

namespace vitrine::task {

enum class Better { higher, lower };

struct MetricName {
  std::string_view key;      ///< in JSON; stable. Its interval is `<key>_ci95`
  std::string_view name;     ///< for people: "log loss"
  std::string_view meaning;  ///< one line for people who meet it for the first time
  Better better = Better::higher;
  double highest = 1;  ///< the largest possible value; the smallest is 0
};

/// A metric of predictions on labelled cases, which are of the type `Cases`.
template <typename Cases>
struct Metric : MetricName {
  /// nullopt if the metric does not exist for these cases.
  std::optional<metrics::Estimate> (*value)(const Cases&);
  /// The difference of two models on the same cases; null: the metric is not compared.
  std::optional<metrics::PairedDifference> (*compare)(const Cases& first, const Cases& second);
};

/// The metrics of all tasks in the order in which they are shown, each key once.
std::vector<MetricName> metric_names();

}  // namespace vitrine::task
