// What is looked for in the data before a model is believed.
#pragma once

#include <vector>

#include "data/split.h"
#include "data/table.h"

namespace vitrine {

/// Duplicate rows, and duplicates that contradict each other.
void check_duplicates(const Split& split, std::vector<Warning>& warnings);

/// Columns that alone give nearly all of the target away: the most frequent class of a value, known
/// from some of the rows, is right on the others so often that at most a fiftieth of the errors of
/// always answering the largest class is left (cross-validated; those errors are fifteen at least).
/// Numbers are cut where the classes change (Fayyad and Irani 1993), so some fifty rows are enough,
/// and at equal shares.
void check_leaks(const TableSchema& schema, const Table& table, std::vector<Warning>& warnings);

/// Columns and class shares of `later` that lie far from the training table's:
/// population stability index above 0.25.
void check_drift(const TableSchema& schema, const Table& table, const Table& later,
                 std::vector<Warning>& warnings);

}  // namespace vitrine
