// Metrics of regression, with confidence intervals. Pure functions: thread-safe, no exceptions.
//
// `predictions` and `truths` have one number for each case; cases whose truth is NaN are skipped.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "metrics/interval.h"

namespace vitrine::metrics {

/// Prediction minus truth, of the cases with a known truth, in order.
std::vector<double> residuals(std::span<const double> predictions, std::span<const double> truths);

/// The root of the mean squared error. The interval is the normal one of the mean squared error.
Estimate root_mean_squared_error(std::span<const double> residuals);

/// The mean size of the errors, with the normal interval.
Estimate mean_absolute_error(std::span<const double> residuals);

/// The median size of the errors. The interval is that of order statistics (Thompson 1936).
Estimate median_absolute_error(std::span<const double> residuals);

/// The coefficient of determination, 1 - (squared error) / (squared distance of the truths from
/// their mean): 1 is perfect, 0 is as good as the mean, and it may be negative. The interval is the
/// normal one by the delta method. nullopt if all truths are equal.
std::optional<Estimate> r_squared(std::span<const double> predictions,
                                  std::span<const double> truths);

}  // namespace vitrine::metrics
