#include "metrics/interval.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace vitrine::metrics {

Estimate proportion(std::size_t successes, std::size_t trials) {
  if (trials == 0) return {};
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double z2 = kTwoSided * kTwoSided;
  const double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double half =
      kTwoSided / (1 + z2 / n) * std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  return {share, {std::max(0.0, centre - half), std::min(1.0, centre + half)}};
}

Estimate mean_estimate(double sum, double sum_of_squares, std::size_t count) {
  if (count == 0) return {};
  const auto n = static_cast<double>(count);
  const double mean = sum / n;
  const double variance = count > 1 ? std::max(0.0, sum_of_squares - n * mean * mean) / (n - 1) : 0;
  const double half = kTwoSided * std::sqrt(variance / n);
  return {mean, {std::max(0.0, mean - half), mean + half}};
}

Estimate mean_estimate(std::span<const double> values) {
  double sum = 0;
  double squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  return mean_estimate(sum, squares, values.size());
}

Estimate loss_estimate(const std::vector<double>& losses, double of_error) {
  constexpr std::size_t kMany = 2000;
  constexpr std::size_t kDraws = 1000;
  double sum = 0;
  double squares = 0;
  for (const double loss : losses) {
    sum += loss;
    squares += loss * loss;
  }
  if (losses.empty() || losses.size() >= kMany) return mean_estimate(sum, squares, losses.size());
  Random random(20260102);
  const auto weight = [&] { return -std::log(1 - random.uniform()); };
  std::vector<double> as_they_are(kDraws);
  std::vector<double> with_error(kDraws);
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    double weights = 0;
    double weighted = 0;
    for (const double loss : losses) {
      const double w = weight();
      weights += w;
      weighted += w * loss;
    }
    as_they_are[draw] = weighted / weights;
    const double w = weight();
    with_error[draw] = (weighted + w * of_error) / (weights + w);
  }
  std::ranges::sort(as_they_are);
  std::ranges::sort(with_error);
  const double mean = sum / static_cast<double>(losses.size());
  return {mean,
          {std::min(mean, as_they_are[kDraws / 40]), std::max(mean, with_error[kDraws * 39 / 40])}};
}

Estimate widened(const Estimate& figure, double factor, double most) {
  const double value = figure.value;
  const auto [low, high] = figure.ci95;
  const double lower = most == kNoUpperBound && low > 0 ? value * std::pow(low / value, factor)
                                                        : value - factor * (value - low);
  return {value, {std::max(0.0, lower), std::min(most, value + factor * (high - value))}};
}

std::size_t poisson(Random& random, double mean) {
  if (mean <= 0) return 0;
  if (mean > 50) {
    return static_cast<std::size_t>(
        std::max(0.0, std::round(mean + std::sqrt(mean) * random.normal())));
  }
  std::size_t count = 0;
  double product = random.uniform();
  const double limit = std::exp(-mean);
  while (product > limit) {
    product *= random.uniform();
    ++count;
  }
  return count;
}

Estimate bootstrap(double value, const std::function<double(Random&)>& draw) {
  constexpr std::size_t kDraws = 1000;
  Random random(20260101);
  std::vector<double> draws(kDraws);
  for (double& one : draws) one = draw(random);
  std::ranges::sort(draws);
  const double low = 2 * value - draws[kDraws * 39 / 40];
  const double high = 2 * value - draws[kDraws / 40];
  return {
      value,
      {std::clamp(std::min(low, value), 0.0, 1.0), std::clamp(std::max(high, value), 0.0, 1.0)}};
}

}  // namespace vitrine::metrics
