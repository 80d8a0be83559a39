// What `predict` and `evaluate` are asked about: files and standard input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "data/schema.h"
#include "data/table.h"

namespace vitrine {

/// Rows to answer, with what was odd about each (JSON) or all of them (CSV).
struct InputRows {
  Table table;
  std::vector<std::vector<std::string>> row_warnings;  ///< empty, or one list a row
  std::vector<Warning> warnings;
};

/// The content of a file, or of standard input (`-`), which may be a CSV table or JSON, told apart
/// by its first character.
class InputText {
 public:
  /// Throws Error(bad_input).
  explicit InputText(const std::string& path);

  std::string_view text() const { return file_ ? file_->text() : std::string_view(piped_); }
  /// For people.
  const std::string& where() const { return where_; }
  bool json() const;

 private:
  std::string where_;
  std::string piped_;
  std::optional<MappedFile> file_;
};

/// A JSON object or array, or JSON lines. Throws Error.
InputRows read_json_input(const TableSchema& schema, const InputText& input);

/// How tables are read where the schema is known.
CsvOptions csv_options(const TableSchema& schema, bool with_target);

/// Reads `path` (`-`: standard input): a CSV table, a JSON object or array, or
/// JSON lines, told apart by their first character. Labels are read where they are needed. Throws
/// Error.
InputRows read_input(const TableSchema& schema, const std::string& path, bool need_target);

}  // namespace vitrine
