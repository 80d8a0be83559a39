// The metrics of models that predict a number: predictions on cases with a known number, and the
// table of metrics.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "task/metric.h"

namespace vitrine::task {

/// Predictions of numbers. A view: what it refers to must outlive it.
struct NumberCases {
  std::span<const float> outputs;  ///< [case][3]: data::NumberOutputs
  std::span<const double> truths;  ///< cases with NaN are skipped

  /// Cases with a known number.
  std::size_t known() const;
  std::vector<double> predictions() const;
};

/// In the order in which they are shown. A new metric is one more row.
std::span<const Metric<NumberCases>> regression_metrics();

}  // namespace vitrine::task
