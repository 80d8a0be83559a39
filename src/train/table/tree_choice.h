// What the learners of trees share.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/table/learner.h"
#include "train/table/trees/boosting.h"

namespace vitrine::train {

/// TreeOptions::least_hessian for a table: a 400th of its rows, but 1 to 10. With a fixed value of
/// 10, small tables could not be split at all.
double least_hessian(const TrainingRows& rows);

/// The places of the rows that a model is fitted on.
std::vector<std::uint32_t> rows_to_fit(std::span<const std::uint8_t> fold, FitRows rows);

/// The losses after each round, for the card.
Json learning_curve(const TreeTrial& trial);

/// The settings of trees, for the card.
Json tree_settings(const TreeOptions& options, int rounds);

}  // namespace vitrine::train
