#include "train/table/standard_error.h"

#include <cmath>
#include <numeric>

namespace vitrine::train {

MeanWithError mean_with_error(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (n < 2) return {.mean = mean};
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {.mean = mean, .standard_error = std::sqrt(squares / (n - 1) / n)};
}

}  // namespace vitrine::train
