// Checks of the training data: duplicates, leakage, drift. Each adds warnings.
#pragma once

#include <vector>

#include "data/table/split.h"
#include "data/table/table.h"

namespace vitrine::train {

/// Warns of duplicate rows, and of duplicates with different classes.
void check_duplicates(const data::Split& split, std::vector<data::Warning>& warnings);

/// Warns of leakage: columns that alone predict the target almost perfectly. The most frequent
/// class of each value, counted on some of the rows, is compared with the other rows
/// (cross-validation). A column leaks if it makes at most 2 % of the errors of always predicting
/// the largest class, of which there must be at least 15. Numbers are discretised at class changes
/// (Fayyad and Irani 1993), for which some fifty rows are enough, and at quantiles. Uses all cores.
void check_leaks(const data::TableSchema& schema, const data::Table& table,
                 std::vector<data::Warning>& warnings);

/// Warns of drift: columns and class shares of `later` whose population stability index against the
/// training table is above 0.25.
void check_drift(const data::TableSchema& schema, const data::Table& table,
                 const data::Table& later, std::vector<data::Warning>& warnings);

}  // namespace vitrine::train
