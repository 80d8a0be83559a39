// Measures the difference between two samples. Pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace vitrine::metrics {

/// The population stability index of two samples, given as counts in the same bins: the sum of
/// (a - b) ln(a / b) over the shares, with empty bins counted as half a row. 0 if a sample is
/// empty.
double population_stability_index(std::span<const double> expected, std::span<const double> actual);

/// The shares of a column's bins in two samples; each sums to 1.
struct ColumnShares {
  std::string column;
  std::vector<std::string> bins;  ///< names for people: "18 to 42", "missing"
  std::vector<double> expected;   ///< in the training data
  std::vector<double> actual;
};

/// The usual interpretation of the index: below kSomeDrift similar, above kClearDrift clearly
/// different.
inline constexpr double kSomeDrift = 0.1;
inline constexpr double kClearDrift = 0.25;

}  // namespace vitrine::metrics
