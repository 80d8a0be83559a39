// Rows as the input of `predict` and `evaluate`: files and standard input.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/schema.h"
#include "data/table/table.h"
#include "data/table/table_file.h"

namespace vitrine::app {

/// Rows to predict, with warnings about single rows (JSON) or about all of them (CSV).
struct InputRows {
  data::Table table;
  std::vector<std::vector<std::string>> row_warnings;  ///< empty, or one list per row
  std::vector<data::Warning> warnings;
};

/// Opens a table's file, or standard input (`-`). Throws Error(bad_input), also for a photo.
std::unique_ptr<data::TableFile> open_input(const std::string& path,
                                            const data::TableFileOptions& options);

/// Reads a JSON object or array, or JSON lines; at most 2^24 rows. A bad cell is a missing value
/// with a warning, or an error if `strict`. Throws Error.
InputRows read_json_input(const data::TableSchema& schema, const data::TableFile& input,
                          bool strict);

/// How to read a table whose schema is known: only the columns of the schema, and the target if
/// `with_target`.
data::ReadOptions read_options(const data::TableSchema& schema, bool with_target);

/// Reads the table `path` (`-`: standard input). With `need_target`, its labels are read too.
/// Throws Error.
InputRows read_input(const data::TableSchema& schema, const std::string& path, bool need_target,
                     const data::TableFileOptions& options);

}  // namespace vitrine::app
