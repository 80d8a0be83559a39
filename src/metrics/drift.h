// How far one sample lies from another.
#pragma once

#include <span>

namespace vitrine {

/// Population stability index of two samples counted in the same bins:
/// sum of (a - b) ln(a / b) over the shares, empty bins counted as half a row.
/// Usual reading: below 0.1 alike, above 0.25 clearly different.
double population_stability_index(std::span<const double> expected, std::span<const double> actual);

}  // namespace vitrine
