// Example rows for the web page.
#pragma once

#include <vector>

#include "data/table/table.h"
#include "model/card.h"

namespace vitrine::train {

/// A typical row of each class (of the ten with the most rows, in the schema's order); for a
/// number, of the lowest, the middle and the highest fifth of the rows. It is put together column
/// by column: the medians of numbers and dates and the most frequent categories among the rows of
/// the class. Free texts, and groups of fewer than ten rows, are left out. `rows` must not be
/// empty.
std::vector<model::Example> typical_rows(const data::TableSchema& schema, const data::Table& rows);

}  // namespace vitrine::train
