#pragma once

#include <span>

namespace vitrine::train {

struct MeanWithError {
  double mean = 0;
  double standard_error = 0;  ///< of the mean; 0 for one value
};

/// The mean of values, such as the losses of folds or their differences. There is at least one.
MeanWithError mean_with_error(std::span<const double> values);

}  // namespace vitrine::train
