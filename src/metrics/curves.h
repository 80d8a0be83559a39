// What each threshold on the second of two classes gives: ROC, precision and recall. Pure
// functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace vitrine {

/// Rows whose score is at least `threshold` are answered by the second class.
struct ThresholdPoint {
  double threshold = 0;
  std::size_t hits = 0;          ///< of them, rows that are of the second class
  std::size_t false_alarms = 0;  ///< of them, rows that are not
};

struct ThresholdCurve {
  std::size_t positives = 0;  ///< rows of the second class
  std::size_t negatives = 0;
  std::vector<ThresholdPoint> points;  ///< by falling threshold
};

/// One point a different score, thinned out to about `most` that lie evenly along the curve; the
/// first answers nobody, the last everybody, and what `kept` as a threshold gives is always there.
/// Rows with a label below 0 are passed over.
ThresholdCurve threshold_curve(std::span<const float> scores, std::span<const int> labels,
                               double kept = 0.5, std::size_t most = 200);

}  // namespace vitrine
