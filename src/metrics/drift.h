// Measures the difference between two samples. Pure functions.
#pragma once

#include <span>

namespace vitrine::metrics {

/// The population stability index of two samples, given as counts in the same bins: the sum of
/// (a - b) ln(a / b) over the shares, with empty bins counted as half a row. 0 if a sample is
/// empty. Usual interpretation: below 0.1 similar, above 0.25 clearly different.
double population_stability_index(std::span<const double> expected, std::span<const double> actual);

}  // namespace vitrine::metrics
