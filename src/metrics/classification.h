// Metrics of classifiers, with confidence intervals. Pure functions: thread-safe, no exceptions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "metrics/interval.h"

namespace vitrine::metrics {

struct ClassFigures {
  std::size_t rows = 0;  ///< rows whose true class this is
  Figure precision;
  Figure recall;
  double f1 = 0;
};

/// The rows whose confidence is in [low, high).
struct CalibrationBin {
  double low = 0;
  double high = 0;
  std::size_t rows = 0;
  double confidence = 0;  ///< mean predicted probability
  double observed = 0;    ///< share of rows in which the prediction was right
};

struct Evaluation {
  std::size_t rows = 0;
  Figure accuracy;
  Figure log_loss;            ///< natural logarithm, probabilities clipped to [1e-7, 1]
  Figure f1_macro;            ///< mean of the classes' F1
  Figure ece;                 ///< expected calibration error, ten bins of equal width
  Figure brier;               ///< mean squared error of the probabilities, summed over classes
  std::optional<Figure> auc;  ///< only for two classes, if both are present
  std::vector<std::vector<std::size_t>> confusion;  ///< [true class][predicted class]
  std::vector<ClassFigures> classes;
  std::vector<CalibrationBin> calibration;
};

/// Compares `probabilities` ([rows][classes], each row adding up to 1) and `answers` (predicted
/// class indices) with `labels` (true class indices; rows with -1 are skipped). Of two classes,
/// calibration refers to the probability of the second; of more, to that of the predicted class.
Evaluation evaluate_classifier(std::span<const float> probabilities, std::span<const int> answers,
                               std::span<const int> labels, std::size_t classes);

/// The area under the ROC curve, with ties counted half. The interval is by DeLong, DeLong and
/// Clarke-Pearson (1988), in the fast form of Sun and Xu (2014), on the logit scale. `labels`: 1 is
/// positive, rows below 0 are skipped. nullopt if a class has no rows.
std::optional<Figure> area_under_roc(std::span<const float> scores, std::span<const int> labels);

/// The threshold with the best F1 of the second class; 0.5 without rows.
double best_f1_threshold(std::span<const float> scores, std::span<const int> labels);

/// The mean of -ln p(true class), clipped as above; rows with label -1 are skipped. Appends the
/// loss of each row to `losses` unless it is null.
double log_loss(std::span<const float> probabilities, std::span<const int> labels,
                std::size_t classes, std::vector<double>* losses = nullptr);

/// Widens the intervals of metrics of predictions that were cross-fitted in five folds: they come
/// from models that share most of their training data, and none is the final model. Intervals
/// become 1.5 times as wide (corrected variance of Nadeau and Bengio 2003: 1/5 + 1/4, not 1/5).
void widen_cross_fitted(Evaluation& evaluation);

}  // namespace vitrine::metrics
