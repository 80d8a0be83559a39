// What is looked for in the data before a model is believed.
#pragma once

#include <vector>

#include "data/split.h"
#include "data/table.h"

namespace vitrine {

/// Duplicate rows, and duplicates that contradict each other.
void check_duplicates(const Split& split, std::vector<Warning>& warnings);

/// Columns that alone give nearly all of the target away: known on half of the
/// rows, their most frequent class is right on the other half so often that at
/// most a tenth of the errors of always answering the largest class is left.
void check_leaks(const TableSchema& schema, const Table& table, std::vector<Warning>& warnings);

/// Columns and class shares of `later` that lie far from the training table's:
/// population stability index above 0.25.
void check_drift(const TableSchema& schema, const Table& table, const Table& later,
                 std::vector<Warning>& warnings);

}  // namespace vitrine
