// How good a classifier is, judged by its probabilities. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "metrics/interval.h"

namespace vitrine {

struct ClassFigures {
  std::size_t rows = 0;  ///< rows that are of the class
  Figure precision;
  Figure recall;
  double f1 = 0;
};

/// Rows whose confidence lies in [low, high).
struct CalibrationBin {
  double low = 0;
  double high = 0;
  std::size_t rows = 0;
  double confidence = 0;  ///< mean of what was said
  double observed = 0;    ///< share that came true
};

struct Evaluation {
  std::size_t rows = 0;
  Figure accuracy;
  Figure log_loss;            ///< natural logarithm, probabilities clipped to [1e-7, 1]
  Figure f1_macro;            ///< mean of the classes' F1
  Figure ece;                 ///< expected calibration error, ten bins of equal width
  Figure brier;               ///< mean squared error of the probabilities, summed over classes
  std::optional<Figure> auc;  ///< two classes, both present
  std::vector<std::vector<std::size_t>> confusion;  ///< [truth][answer]
  std::vector<ClassFigures> classes;
  std::vector<CalibrationBin> calibration;
};

/// Judges `probabilities` (row after row, `classes` numbers each, adding up to
/// 1) and `answers` (class indices) against `labels` (class indices; rows with
/// -1 are passed over). Two classes: calibration is of the second class's
/// probability; more: of the answered class's.
Evaluation evaluate_classifier(std::span<const float> probabilities, std::span<const int> answers,
                               std::span<const int> labels, std::size_t classes);

/// Area under the ROC curve with ties counted half; interval by DeLong,
/// DeLong and Clarke-Pearson (1988), fast form of Sun and Xu (2014), on the
/// logit scale. Nothing if one of the classes has no rows.
std::optional<Figure> area_under_roc(std::span<const float> scores, std::span<const int> labels);

/// The threshold that gives the second class the best F1. 0.5 if none is better.
double best_f1_threshold(std::span<const float> scores, std::span<const int> labels);

/// Mean of -ln p(truth), clipped as above; one a row in `losses` if given.
double log_loss(std::span<const float> probabilities, std::span<const int> labels,
                std::size_t classes, std::vector<double>* losses = nullptr);

/// For figures of answers that were cross-fitted in five folds: they come from heads that share
/// most of what taught them, and of which none is the final one. Intervals become 1.5 times as wide
/// (the corrected variance of Nadeau and Bengio 2003: 1/5 + 1/4 in place of 1/5).
void widen_cross_fitted(Evaluation& evaluation);

}  // namespace vitrine
