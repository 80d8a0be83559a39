// 95 % confidence intervals.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

#include "base/random.h"

namespace vitrine {

struct Interval {
  double low = 0;
  double high = 0;
};

/// A figure and the interval in which it lies in 95 of 100 samples.
struct Figure {
  double value = 0;
  Interval ci95;
};

/// Share of successes; Wilson's score interval (Wilson 1927).
Figure proportion(std::size_t successes, std::size_t trials);

/// A mean of what is never below 0, from the sum and the sum of squares: the normal interval, cut
/// off at 0.
Figure mean_figure(double sum, double sum_of_squares, std::size_t count);

/// The mean of losses with an interval that holds for few rows too: the Bayesian bootstrap (Rubin
/// 1981), whose upper end counts one more row with the loss `of_error`. Without it some dozens of
/// rows that are all right would promise that none will ever be wrong. From 2,000 rows on as
/// mean_figure().
Figure loss_figure(const std::vector<double>& losses, double of_error);

/// The interval `factor` times as wide, cut off at 0 and `most`. The lower end of a figure that has
/// no upper bound moves by ratios, so that it stays above 0.
Figure widened(const Figure& figure, double factor, double most = 1);
inline constexpr double kNoUpperBound = std::numeric_limits<double>::infinity();

/// A Poisson draw: by inversion below 50, else rounded normal.
std::size_t poisson(Random& random, double mean);

/// The basic bootstrap interval around `value` from `draw()`s of the statistic,
/// clipped to [0, 1] and made to hold `value`.
Figure bootstrap(double value, const std::function<double(Random&)>& draw);

}  // namespace vitrine
