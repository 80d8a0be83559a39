// The ROC and precision-recall curves of a classifier with two classes. Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace vitrine::metrics {

/// Rows whose score is at least `threshold` are predicted as the second class.
struct ThresholdPoint {
  double threshold = 0;
  std::size_t hits = 0;          ///< true positives
  std::size_t false_alarms = 0;  ///< false positives
};

struct ThresholdCurve {
  std::size_t positives = 0;  ///< rows of the second class
  std::size_t negatives = 0;
  std::vector<ThresholdPoint> points;  ///< by decreasing threshold
};

/// One point for each different score, reduced to about `most` points that are evenly spaced along
/// the curve. At the first point no row is predicted as the second class, at the last all rows; the
/// point of the threshold `kept` is always included. Rows with a label below 0 are skipped.
ThresholdCurve threshold_curve(std::span<const float> scores, std::span<const int> labels,
                               double kept = 0.5, std::size_t most = 200);

}  // namespace vitrine::metrics
