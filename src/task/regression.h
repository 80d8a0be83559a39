// The metrics of models that predict a number: predictions on cases with a known number, and the
// table of metrics.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "data/table/number_target.h"
#include "task/metric.h"

namespace vitrine::task {

/// Predictions of numbers. A view: what it refers to must outlive it.
struct NumberCases {
  /// [case][3]: data::NumberOutputs, or without intervals [case][1]
  std::span<const float> outputs;
  std::span<const double> truths;  ///< cases with NaN are skipped

  /// Cases with a known number.
  std::size_t known() const;
  bool has_intervals() const { return outputs.size() > truths.size(); }
  data::NumberOutputs of(std::size_t place) const;
  std::vector<double> predictions() const;
};

/// In the order in which they are shown. A new metric is one more row.
std::span<const Metric<NumberCases>> regression_metrics();

}  // namespace vitrine::task
