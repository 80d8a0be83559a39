// Metrics of classifiers, with confidence intervals. Pure functions: thread-safe, no exceptions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "metrics/interval.h"

namespace vitrine::metrics {

struct ClassMetrics {
  std::size_t rows = 0;  ///< rows whose true class this is
  Estimate precision;
  Estimate recall;
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

/// Counts of cases, [true class][predicted class]. `answers` and `labels` are class indices; cases
/// with label -1 are skipped, here and below.
std::vector<std::vector<std::size_t>> confusion_matrix(std::span<const int> answers,
                                                       std::span<const int> labels,
                                                       std::size_t classes);

/// Precision, recall and F1 of each class.
std::vector<ClassMetrics> class_metrics(const std::vector<std::vector<std::size_t>>& confusion);

/// The mean of the F1 of the classes that occur as label or answer.
Estimate f1_macro(const std::vector<std::vector<std::size_t>>& confusion);

/// Ten bins of equal width. `probabilities`: [case][class], each row adding up to 1. Of two
/// classes, the confidence is the probability of the second; of more, that of the predicted class.
std::vector<CalibrationBin> calibration_bins(std::span<const float> probabilities,
                                             std::span<const int> answers,
                                             std::span<const int> labels, std::size_t classes);

/// The mean difference of confidence and observed frequency, by bin (Naeini et al. 2015).
Estimate expected_calibration_error(const std::vector<CalibrationBin>& bins);

/// The mean squared error of the probabilities: of two classes, of the second one's probability, at
/// most 1; of more, summed over the classes (Brier 1950), at most 2.
Estimate brier_score(std::span<const float> probabilities, std::span<const int> labels,
                     std::size_t classes);

/// The area under the ROC curve, with ties counted half. The interval is by DeLong, DeLong and
/// Clarke-Pearson (1988), in the fast form of Sun and Xu (2014), on the logit scale. `labels`: 1 is
/// positive, rows below 0 are skipped. nullopt if a class has no rows.
std::optional<Estimate> area_under_roc(std::span<const float> scores, std::span<const int> labels);

/// The threshold with the best F1 of the second class; 0.5 without rows.
double best_f1_threshold(std::span<const float> scores, std::span<const int> labels);

/// The mean of -ln p(true class), p clipped to [1e-7, 1]. Appends the loss of each case to `losses`
/// unless it is null.
double log_loss(std::span<const float> probabilities, std::span<const int> labels,
                std::size_t classes, std::vector<double>* losses = nullptr);

/// The same with its interval.
Estimate log_loss_estimate(std::span<const float> probabilities, std::span<const int> labels,
                           std::size_t classes);

}  // namespace vitrine::metrics
