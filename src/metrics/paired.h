// Paired tests of two models on the same rows. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "metrics/interval.h"

namespace vitrine::metrics {

/// The difference of a metric (second minus first) with its 95 % interval and p-value.
struct PairedDifference {
  Estimate difference;
  double p_value = 1;
};

struct PairedAccuracy {
  std::size_t only_first = 0;   ///< rows that only the first model predicts correctly
  std::size_t only_second = 0;  ///< rows that only the second model predicts correctly
  PairedDifference accuracy;
};

/// McNemar's exact test (binomial, two-sided) on predicted class indices; the interval is Wald's
/// for paired shares. Rows with labels below 0 are skipped.
PairedAccuracy compare_accuracy(std::span<const int> first, std::span<const int> second,
                                std::span<const int> labels);

/// The test of DeLong, DeLong and Clarke-Pearson (1988) for two correlated ROC curves. nullopt if a
/// class has no rows.
std::optional<PairedDifference> compare_auc(std::span<const float> first,
                                            std::span<const float> second,
                                            std::span<const int> labels);

/// The difference of the mean losses; `first` and `second` have one loss for each row. Normal
/// interval.
PairedDifference compare_means(std::span<const double> first, std::span<const double> second);

}  // namespace vitrine::metrics
