// Reads rows from JSON: of a request, a file or standard input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/table/cell.h"
#include "data/table/schema.h"
#include "data/table/table.h"
#include "data/table/text_table.h"

namespace simdjson::dom {
class element;
class object;
}  // namespace simdjson::dom

namespace vitrine::data {

/// Rows read from JSON, and the warnings about each row.
struct JsonRows {
  Table table;
  bool array = false;                              ///< the JSON was an array, not one object
  std::vector<std::vector<std::string>> warnings;  ///< one list for each row
};

/// What happens to bad cells of a row that is alone, and of rows in an array.
struct BadCellRule {
  BadCells alone = BadCells::refused;
  BadCells in_array = BadCells::refused;
};

inline constexpr std::size_t kMaxJsonDepth = 32;

/// Throws Error(bad_input) if rows > max_rows.
void check_row_count(std::size_t rows, std::size_t max_rows);

/// Reads rows for one schema. Thread-safe.
class JsonRowReader {
 public:
  /// `schema` must outlive the reader.
  explicit JsonRowReader(const TableSchema& schema);

  /// Reads a JSON object (one row) or an array of objects. Keys and category values are matched
  /// without regard to case, and a space equals `_`. A field that is absent, null or a missing
  /// token is a missing value if the column had missing values in training, else an error. Throws
  /// Error(malformed) with the byte for invalid JSON, and Error(bad_input) with all `faults` of the
  /// row for missing fields, duplicate fields, and values of the wrong kind or out of range, and
  /// for more than `max_rows` rows. The memory of `spare` is reused.
  JsonRows read(std::string_view json, std::size_t max_rows, Table spare = {},
                BadCellRule bad = {}) const;

  /// Reads rows that are a part of a parsed JSON text.
  JsonRows read(const simdjson::dom::element& root, std::size_t max_rows, Table spare = {},
                BadCellRule bad = {}) const;

 private:
  std::vector<std::string> read_row(const simdjson::dom::object& object, Table& table,
                                    std::size_t row, const std::string& where, BadCells bad) const;
  std::optional<std::size_t> column_of(std::string_view key) const;
  bool read_id(std::string_view key, const simdjson::dom::element& value, Table& table,
               std::size_t row) const;
  bool read_plain(std::size_t column, const simdjson::dom::element& value, ColumnData& data,
                  std::size_t row) const;
  void find_absent(const std::vector<char>& given, const std::vector<std::string>& unknown,
                   std::vector<FieldFault>& faults) const;
  std::string unknown_field(const std::string& name, const std::vector<char>& given) const;

  const TableSchema& schema_;
  TextTable keys_;                ///< column names as they are most often written
  std::vector<TextTable> words_;  ///< by column: the spellings of categories in training
};

/// JsonRowReader::read with a temporary reader, with `bad` for all rows.
JsonRows read_json_rows(const TableSchema& schema, std::string_view json, std::size_t max_rows,
                        BadCells bad = BadCells::refused);

}  // namespace vitrine::data
