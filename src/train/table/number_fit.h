// What the learners of numbers share: scaled targets, the sizes of errors, and prediction
// intervals.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "train/table/learner.h"

namespace vitrine::train {

/// The scales in which the numbers of a table may be learned: as they are, and if they are never
/// negative, with `poisson` the logarithm, and as log1p if their skewness is above 1. Offset and
/// scale make their mean 0 and their standard deviation 1; the logarithm is for the Poisson loss of
/// the numbers divided by their mean.
std::vector<data::NumberTarget> scales_of(const TrainingRows& rows, bool poisson);

/// The numbers in such a scale: what a margin should be; on the scale `log`, the numbers divided by
/// exp(offset).
std::vector<double> scaled_targets(const TrainingRows& rows, const data::NumberTarget& scale);

/// The mean squared error of margins in each validation fold, divided by the variance of all
/// numbers.
std::vector<double> fold_errors(const TrainingRows& rows, const data::NumberTarget& scale,
                                std::span<const double> margins);

/// The errors of held-out margins, for a model of their sizes: on the scale of margins, on the
/// scale `log` on that of scaled_targets().
struct ErrorSizes {
  std::vector<std::uint8_t> fold;  ///< [row], in [0, kFolds); kTestFold: not held out
  std::vector<double> logs;        ///< [row]: logarithm of the error, minus `mean`
  double mean = 0;
  std::size_t rows = 0;  ///< that were held out
};

/// The outputs [row][data::NumberOutputs] of margins.
std::vector<float> number_outputs(const data::NumberTarget& target, std::span<const double> margins,
                                  std::span<const double> log_sizes);

/// The predictions of held-out rows with the chosen settings, and what follows from their errors:
/// the end of each learner's cross_validate().
struct HeldOutNumbers {
  /// Gives logarithms of sizes [row], minus ErrorSizes::mean, by models that have not seen the row.
  using SizeModel = std::function<std::vector<double>(const ErrorSizes& errors)>;

  data::NumberTarget scale;
  std::vector<double> margins;  ///< [row]; to be set before finish()
  ErrorSizes errors;
  bool sized = false;  ///< errors differ in size by the columns

  /// Sets the members, and the intervals and outputs of `best`, whose scale is known.
  void finish(const TrainingRows& rows, const SizeModel& model, Candidate& best);
};

}  // namespace vitrine::train
