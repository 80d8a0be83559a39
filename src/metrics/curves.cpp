#include "metrics/curves.h"

#include <algorithm>
#include <cstdint>

namespace vitrine::metrics {

ThresholdCurve threshold_curve(std::span<const float> scores, std::span<const int> labels,
                               double kept, std::size_t most) {
  std::vector<std::uint32_t> order;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (labels[row] >= 0) order.push_back(static_cast<std::uint32_t>(row));
  }
  std::ranges::sort(order, std::ranges::greater{}, [&](std::uint32_t row) { return scores[row]; });
  ThresholdCurve curve;
  curve.positives = static_cast<std::size_t>(
      std::ranges::count_if(order, [&](std::uint32_t row) { return labels[row] == 1; }));
  curve.negatives = order.size() - curve.positives;
  curve.points.push_back({.threshold = 1.0001});
  ThresholdPoint now;
  std::size_t before = 0;  // rows up to the last point that was added
  const std::size_t step = std::max<std::size_t>(1, order.size() / std::max<std::size_t>(1, most));
  for (std::size_t i = 0; i < order.size(); ++i) {
    (labels[order[i]] == 1 ? now.hits : now.false_alarms) += 1;
    const bool last = i + 1 == order.size();
    if (!last && scores[order[i + 1]] == scores[order[i]]) continue;
    now.threshold = scores[order[i]];
    const bool of_kept = !last && scores[order[i]] >= static_cast<float>(kept) &&
                         scores[order[i + 1]] < static_cast<float>(kept);
    if (!last && !of_kept && i + 1 < before + step) continue;
    before = i + 1;
    curve.points.push_back(now);
  }
  return curve;
}

}  // namespace vitrine::metrics
