#include "task/regression.h"

#include <algorithm>
#include <cmath>

#include "data/table/schema.h"
#include "metrics/regression.h"

namespace vitrine::task {
namespace {

using metrics::Estimate;
using metrics::PairedDifference;

std::vector<double> residuals_of(const NumberCases& cases) {
  return metrics::residuals(cases.predictions(), cases.truths);
}

std::optional<Estimate> rmse(const NumberCases& cases) {
  return metrics::root_mean_squared_error(residuals_of(cases));
}

std::optional<Estimate> mae(const NumberCases& cases) {
  return metrics::mean_absolute_error(residuals_of(cases));
}

std::optional<Estimate> median_error(const NumberCases& cases) {
  return metrics::median_absolute_error(residuals_of(cases));
}

std::optional<Estimate> r2(const NumberCases& cases) {
  return metrics::r_squared(cases.predictions(), cases.truths);
}

/// The share of cases whose number is in the interval.
std::optional<Estimate> coverage(const NumberCases& cases) {
  if (!cases.has_intervals()) return std::nullopt;
  std::size_t covered = 0;
  for (std::size_t i = 0; i < cases.truths.size(); ++i) {
    const data::NumberOutputs one = cases.of(i);
    const auto truth = static_cast<float>(cases.truths[i]);
    covered += one.low <= truth && truth <= one.high ? 1 : 0;
  }
  return metrics::proportion(covered, cases.known());
}

/// The mean width of the intervals.
std::optional<Estimate> width(const NumberCases& cases) {
  if (!cases.has_intervals()) return std::nullopt;
  std::vector<double> widths;
  for (std::size_t i = 0; i < cases.truths.size(); ++i) {
    if (std::isnan(cases.truths[i])) continue;
    const data::NumberOutputs one = cases.of(i);
    widths.push_back(static_cast<double>(one.high) - static_cast<double>(one.low));
  }
  return metrics::mean_estimate(widths);
}

std::vector<double> powers_of(std::vector<double> residuals, int power) {
  for (double& one : residuals) one = power == 1 ? std::abs(one) : one * one;
  return residuals;
}

std::optional<PairedDifference> compare_mae(const NumberCases& first, const NumberCases& second) {
  return metrics::compare_means(powers_of(residuals_of(first), 1),
                                powers_of(residuals_of(second), 1));
}

/// The test is that of the mean squared errors; their difference is converted to one of their roots
/// (the delta method).
std::optional<PairedDifference> compare_rmse(const NumberCases& first, const NumberCases& second) {
  PairedDifference out =
      metrics::compare_means(powers_of(residuals_of(first), 2), powers_of(residuals_of(second), 2));
  const double sum = rmse(first)->value + rmse(second)->value;
  if (!(sum > 0)) return out;
  auto& [value, interval] = out.difference;
  value /= sum;
  interval.low /= sum;
  interval.high /= sum;
  return out;
}

constexpr double kAny = metrics::kNoUpperBound;

constexpr Metric<NumberCases> kMetrics[] = {
    {{.key = "rmse",
      .name = "RMSE",
      .meaning = "root of the mean squared error: large errors count most",
      .better = Better::lower,
      .highest = kAny,
      .in_units = true},
     rmse,
     compare_rmse},
    {{.key = "mae",
      .name = "mean absolute error",
      .meaning = "mean size of the errors (MAE)",
      .better = Better::lower,
      .highest = kAny,
      .in_units = true},
     mae,
     compare_mae},
    {{.key = "median_absolute_error",
      .name = "median absolute error",
      .meaning = "half of the errors are smaller",
      .better = Better::lower,
      .highest = kAny,
      .in_units = true},
     median_error,
     nullptr},
    {{.key = "r2",
      .name = "R2",
      .meaning = "share of the variance that the model explains; 0 is as good as the mean"},
     r2,
     nullptr},
    {{.key = "interval_coverage",
      .name = "interval coverage",
      .meaning = "share of cases whose number is in the 90 % prediction interval",
      .of_baseline = false},
     coverage,
     nullptr},
    {{.key = "interval_width",
      .name = "interval width",
      .meaning = "mean width of the 90 % prediction intervals",
      .better = Better::lower,
      .highest = kAny,
      .in_units = true,
      .of_baseline = false},
     width,
     nullptr},
};

}  // namespace

std::size_t NumberCases::known() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(truths, [](double truth) { return !std::isnan(truth); }));
}

data::NumberOutputs NumberCases::of(std::size_t place) const {
  const std::size_t each = outputs.size() / truths.size();
  return data::number_outputs(outputs.subspan(place * each, each));
}

std::vector<double> NumberCases::predictions() const {
  std::vector<double> out;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    out.push_back(static_cast<double>(of(i).prediction));
  }
  return out;
}

std::span<const Metric<NumberCases>> regression_metrics() { return kMetrics; }

}  // namespace vitrine::task
