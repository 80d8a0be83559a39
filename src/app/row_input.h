// Rows as the input of `predict` and `evaluate`: files and standard input.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/schema.h"
#include "data/table/table.h"
#include "data/table/table_text.h"

namespace vitrine::app {

/// Rows to predict, with warnings about single rows (JSON) or about all of them (CSV).
struct InputRows {
  data::Table table;
  std::vector<std::vector<std::string>> row_warnings;  ///< empty, or one list per row
  std::vector<data::Warning> warnings;
};

/// The content of a file (mapped), or of standard input (`-`): a CSV table or JSON, which differ in
/// their first character.
class InputText {
 public:
  /// Throws Error(bad_input).
  InputText(const std::string& path, const data::TableFileOptions& options);

  std::string_view text() const { return table_->text(); }
  /// The path, or "standard input", for messages.
  const std::string& where() const { return table_->where(); }
  bool json() const;
  const data::TableText& table() const { return *table_; }

 private:
  std::unique_ptr<data::TableText> table_;
};

/// Reads a JSON object or array, or JSON lines; at most 2^24 rows. A bad cell is a missing value
/// with a warning, or an error if `strict`. Throws Error.
InputRows read_json_input(const data::TableSchema& schema, const InputText& input, bool strict);

/// How to read a table whose schema is known: only the columns of the schema, and the target if
/// `with_target`.
data::CsvOptions csv_options(const data::TableSchema& schema, bool with_target);

/// Reads `path` (`-`: standard input): a CSV table, a JSON object or array, or JSON lines. With
/// `need_target`, only a CSV table with the target column; its labels are read. Throws Error.
InputRows read_input(const data::TableSchema& schema, const std::string& path, bool need_target,
                     const data::TableFileOptions& options);

}  // namespace vitrine::app
