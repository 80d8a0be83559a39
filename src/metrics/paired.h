// Two models on the same rows: is one better, or was it chance? Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "metrics/interval.h"

namespace vitrine {

/// A difference (second minus first) with its 95 % interval, and how likely one as large would be
/// were there none.
struct PairedDifference {
  Figure difference;
  double p_value = 1;
};

struct PairedAccuracy {
  std::size_t only_first = 0;   ///< rows that only the first answers rightly
  std::size_t only_second = 0;  ///< and only the second
  PairedDifference accuracy;
};

/// McNemar's test, exact (binomial, two-sided); the interval is Wald's for paired shares. Rows with
/// labels below 0 are passed over.
PairedAccuracy compare_accuracy(std::span<const int> first, std::span<const int> second,
                                std::span<const int> labels);

/// DeLong, DeLong and Clarke-Pearson (1988) for two correlated curves. Nothing if a class has no
/// rows.
std::optional<PairedDifference> compare_auc(std::span<const float> first,
                                            std::span<const float> second,
                                            std::span<const int> labels);

/// Paired means of the losses of each row, one of each model; normal interval.
PairedDifference compare_means(std::span<const double> first, std::span<const double> second);

}  // namespace vitrine
