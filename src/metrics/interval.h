// 95 % confidence intervals. Pure functions; random draws have fixed seeds.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "base/random.h"

namespace vitrine::metrics {

/// The 97.5 % quantile of the normal: intervals of 95 % go so many standard errors to both sides.
inline constexpr double kTwoSided = 1.959963984540054;

struct Interval {
  double low = 0;
  double high = 0;
};

/// The value of a metric and its 95 % confidence interval.
struct Estimate {
  double value = 0;
  Interval ci95;
};

/// The share of successes, with Wilson's score interval (Wilson 1927). 0 without trials.
Estimate proportion(std::size_t successes, std::size_t trials);

/// The mean of values that are never negative, from their sum and sum of squares, with the normal
/// interval cut off at 0.
Estimate mean_estimate(double sum, double sum_of_squares, std::size_t count);

/// The same for values.
Estimate mean_estimate(std::span<const double> values);

/// The mean of losses, with an interval that is valid also for few rows: the Bayesian bootstrap
/// (Rubin 1981), whose upper end includes one additional row with the loss `of_error`. Without that
/// row, some dozens of correct predictions would yield an interval that excludes errors. From 2,000
/// rows on the same as mean_estimate().
Estimate loss_estimate(const std::vector<double>& losses, double of_error);

/// Makes the interval `factor` times as wide, cut off at 0 and `most`. With kNoUpperBound the lower
/// end is moved by a ratio, so that it stays above 0.
Estimate widened(const Estimate& figure, double factor, double most = 1);
inline constexpr double kNoUpperBound = std::numeric_limits<double>::infinity();

/// A Poisson draw: multiplication of uniform numbers up to a mean of 50, else a rounded normal.
std::size_t poisson(Random& random, double mean);

/// The basic bootstrap interval of `value` from 1,000 draws of the statistic, clipped to [0, 1] and
/// extended to contain `value`.
Estimate bootstrap(double value, const std::function<double(Random&)>& draw);

}  // namespace vitrine::metrics
