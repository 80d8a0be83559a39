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

/// Opens a table, or standard input (`-`). Throws Error(bad_input), also for a photo.
std::unique_ptr<data::TableFile> open_input(const data::TableName& name,
                                            const data::TableFileOptions& options);

/// Reads a JSON object or array, or JSON lines; at most 2^24 rows. A bad cell is a missing value
/// with a warning, or an error if `strict`. Throws Error.
InputRows read_json_input(const data::TableSchema& schema, const data::TableFile& input,
                          bool strict);

/// How to read a table whose schema is known: only the columns of the schema, and the target if
/// `with_target`.
data::ReadOptions read_options(const data::TableSchema& schema, bool with_target);

/// Reads a table without labels. Throws Error.
InputRows read_rows(const data::TableSchema& schema, const data::TableFile& input,
                    const data::TableFileOptions& options);

/// Reads tables (see data::tables_named()) as one, with their labels. Throws Error.
InputRows read_labelled_rows(const data::TableSchema& schema, const std::vector<std::string>& names,
                             const data::TableFileOptions& options);

}  // namespace vitrine::app
