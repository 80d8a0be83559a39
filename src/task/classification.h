// The metrics of classifiers: predictions on labelled cases, and the table of metrics.
#pragma once

#include <cstddef>
#include <span>

#include "task/metric.h"

namespace vitrine::task {

/// Predictions of a classifier on labelled cases. A view: what it refers to must outlive it.
struct ClassifiedCases {
  std::span<const float> probabilities;  ///< [case][class], each row adding up to 1
  std::span<const int> predicted;        ///< predicted class indices
  std::span<const int> labels;           ///< true class indices; cases with -1 are skipped
  std::size_t classes = 0;

  /// Cases with a known label.
  std::size_t known() const;
};

/// The metrics of classifiers, in the order in which they are shown. A new metric is one more row.
std::span<const Metric<ClassifiedCases>> classification_metrics();

}  // namespace vitrine::task
