#include "metrics/drift.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vitrine::metrics {

double population_stability_index(std::span<const double> expected,
                                  std::span<const double> actual) {
  const double total_a = std::accumulate(expected.begin(), expected.end(), 0.0);
  const double total_b = std::accumulate(actual.begin(), actual.end(), 0.0);
  if (total_a <= 0 || total_b <= 0) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] <= 0 && actual[i] <= 0) continue;
    const double a = std::max(expected[i], 0.5) / total_a;
    const double b = std::max(actual[i], 0.5) / total_b;
    sum += (a - b) * std::log(a / b);
  }
  return sum;
}

}  // namespace vitrine::metrics
