// What `predict` and `evaluate` are asked about: files and standard input.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/schema.h"
#include "data/table.h"

namespace vitrine {

/// Rows to answer, with what was odd about each (JSON) or all of them (CSV).
struct InputRows {
  Table table;
  std::vector<std::vector<std::string>> row_warnings;  ///< empty, or one list a row
  std::vector<Warning> warnings;
};

/// Reads `path` (`-`: standard input): a CSV table, a JSON object or array, or
/// JSON lines, told apart by their first character. Throws Error.
InputRows read_input(const TableSchema& schema, const std::string& path, bool need_target);

}  // namespace vitrine
