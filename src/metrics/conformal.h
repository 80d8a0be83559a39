// Sets of classes that hold the truth in a promised share of cases: split conformal
// prediction (Vovk et al. 2005) with the least ambiguous sets (Sadinle, Lei and
// Wasserman 2019): a class belongs to the set when its probability is at least a
// threshold. A set may be empty: no class is likely enough for the promise.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/interval.h"

namespace vitrine {

/// The largest threshold with which sets hold the truth in `level` (in (0, 1)) of new
/// cases, learned from probabilities that were given to the truth of cases like them.
/// 0 (every class) where there are too few cases for the promise.
double set_threshold(std::vector<float> truths, double level);

struct SetFigures {
  double level = 0;
  Figure coverage;   ///< share of cases whose set holds the truth
  double size = 0;   ///< mean number of classes in a set
  double empty = 0;  ///< share of empty sets
};

/// How sets do on cases that had no part in their own threshold: each fold's is
/// learned from the others. `fold` has one number below `folds` a row.
SetFigures judge_sets(std::span<const float> probabilities, std::span<const int> labels,
                      std::size_t classes, std::span<const std::uint8_t> fold, std::size_t folds,
                      double level);

}  // namespace vitrine
