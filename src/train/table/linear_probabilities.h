// Converts the margins of linear models to probabilities.
#pragma once

#include <vector>

#include "train/table/logistic.h"

namespace vitrine::train {

/// Probabilities [row][class]. `scores` has one list of margins for two classes (those of the
/// second), or one for each class. With more than two classes: the logistic function of each,
/// divided by their sum (one against the rest), or the softmax.
std::vector<float> linear_probabilities(const std::vector<std::vector<double>>& scores,
                                        bool softmax = false);

}  // namespace vitrine::train
