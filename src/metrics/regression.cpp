#include "metrics/regression.h"

#include <algorithm>
#include <cmath>

namespace vitrine::metrics {
std::vector<double> residuals(std::span<const double> predictions, std::span<const double> truths) {
  std::vector<double> out;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    if (!std::isnan(truths[i])) out.push_back(predictions[i] - truths[i]);
  }
  return out;
}

Estimate root_mean_squared_error(std::span<const double> residuals) {
  std::vector<double> squared;
  for (const double residual : residuals) squared.push_back(residual * residual);
  const Estimate mean = mean_estimate(squared);
  return {std::sqrt(mean.value), {std::sqrt(mean.ci95.low), std::sqrt(mean.ci95.high)}};
}

Estimate mean_absolute_error(std::span<const double> residuals) {
  std::vector<double> sizes;
  for (const double residual : residuals) sizes.push_back(std::abs(residual));
  return mean_estimate(sizes);
}

Estimate median_absolute_error(std::span<const double> residuals) {
  if (residuals.empty()) return {};
  std::vector<double> sizes;
  for (const double residual : residuals) sizes.push_back(std::abs(residual));
  std::ranges::sort(sizes);
  const auto n = static_cast<double>(sizes.size());
  const double half = kTwoSided * std::sqrt(n) / 2;
  const auto at = [&](double rank) {
    return sizes[static_cast<std::size_t>(std::clamp(rank, 0.0, n - 1))];
  };
  const std::size_t middle = sizes.size() / 2;
  const double median =
      sizes.size() % 2 == 1 ? sizes[middle] : (sizes[middle - 1] + sizes[middle]) / 2;
  return {median, {at(std::floor(n / 2 - half)), at(std::ceil(n / 2 + half))}};
}

std::optional<Estimate> r_squared(std::span<const double> predictions,
                                  std::span<const double> truths) {
  std::size_t count = 0;
  double sum = 0;
  double error = 0;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    if (std::isnan(truths[i])) continue;
    ++count;
    sum += truths[i];
    error += (predictions[i] - truths[i]) * (predictions[i] - truths[i]);
  }
  if (count < 2) return std::nullopt;
  const auto n = static_cast<double>(count);
  const double mean = sum / n;
  error /= n;
  double variance = 0;
  for (const double truth : truths) {
    if (!std::isnan(truth)) variance += (truth - mean) * (truth - mean) / n;
  }
  if (!(variance > 0)) return std::nullopt;
  double squares = 0;  // of the influences of the cases
  for (std::size_t i = 0; i < truths.size(); ++i) {
    if (std::isnan(truths[i])) continue;
    const double own_error = (predictions[i] - truths[i]) * (predictions[i] - truths[i]);
    const double own_variance = (truths[i] - mean) * (truths[i] - mean);
    const double influence =
        (own_error - error) / variance - error / (variance * variance) * (own_variance - variance);
    squares += influence * influence;
  }
  const double value = 1 - error / variance;
  const double half = kTwoSided * std::sqrt(squares / n / (n - 1));
  return Estimate{value, {value - half, std::min(1.0, value + half)}};
}

}  // namespace vitrine::metrics
