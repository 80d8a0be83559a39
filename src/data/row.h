// Rows that come as JSON: from a request, a file or standard input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/schema.h"
#include "data/table.h"

namespace vitrine {

/// Rows read from JSON, with what was odd about each.
struct JsonRows {
  Table table;
  bool array = false;                              ///< an array of objects, not one object
  std::vector<std::vector<std::string>> warnings;  ///< one list a row
};

inline constexpr std::size_t kMaxJsonDepth = 32;

/// Throws Error(bad_input) for more rows than one request may hold.
void check_row_count(std::size_t rows, std::size_t max_rows);

/// Reads a JSON object (one row) or an array of objects. Keys and category
/// values match without case, space = _. A field that is absent, null or a
/// missing token is a missing value where the column had some in training, else
/// an error. Throws Error(malformed) for broken JSON (with the byte), and
/// Error(bad_input) with `field` for a missing field, a field given twice, a
/// value of the wrong kind or out of range. At most `max_rows` rows. Thread-safe.
JsonRows read_json_rows(const TableSchema& schema, std::string_view json, std::size_t max_rows);

}  // namespace vitrine
