// Prediction sets that contain the true class in a chosen share of cases: split conformal
// prediction (Vovk et al. 2005) with the least ambiguous sets (Sadinle, Lei and Wasserman 2019). A
// class belongs to the set if its probability is at least a threshold. A set may be empty. Pure
// functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "metrics/interval.h"

namespace vitrine::metrics {

/// The largest threshold for which sets contain the true class in a share of `level` (in (0, 1)) of
/// new cases. `truths` are the predicted probabilities of the true classes of similar cases. 0,
/// which puts every class into the set, if there are too few cases.
double prediction_set_threshold(std::vector<float> truths, double level);

/// The smallest factor f for which the interval `prediction - f * size` to `prediction + f * size`
/// contains the number of a share of `level` of new cases (split conformal prediction with
/// normalised scores, Lei et al. 2018). `scores` are the errors of similar cases divided by their
/// sizes, without sign. The largest score if there are too few cases.
double interval_factor(std::vector<float> scores, double level);

struct SetFigures {
  double level = 0;
  Estimate coverage;  ///< share of cases whose set contains the true class
  double size = 0;    ///< mean number of classes in a set
  double empty = 0;   ///< share of empty sets
};

/// Evaluates prediction sets by cross-fitting: the threshold of each fold comes from the other
/// folds. `probabilities` is [rows][classes]; `fold` has one number below `folds` for each row.
SetFigures evaluate_sets(std::span<const float> probabilities, std::span<const int> labels,
                         std::size_t classes, std::span<const std::uint8_t> fold, std::size_t folds,
                         double level);

}  // namespace vitrine::metrics
