// From margins to probabilities.
#pragma once

#include <vector>

#include "train/logistic.h"

namespace vitrine {

/// One list of margins (two classes: of the second) or one a class (one against
/// the rest: logistic of each, divided by their sum; or softmax). Row after row.
std::vector<float> linear_probabilities(const std::vector<std::vector<double>>& scores,
                                        bool softmax = false);

}  // namespace vitrine
