// The rows of a database as a table.
#pragma once

#include <memory>

#include "data/database/row_stream.h"
#include "data/table/table_reader.h"

namespace vitrine::data {

/// Each reading runs the query once more. Its cells are those of the same table as CSV: numbers by
/// their shortest texts, dates as ISO text, true and false as such words, NULL as an empty cell.
std::unique_ptr<TableReader> make_stream_reader(RowSource source);

}  // namespace vitrine::data
