// Rows that come as JSON: from a request, a file or standard input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/schema.h"
#include "data/table.h"
#include "data/text_table.h"

namespace simdjson::dom {
class element;
class object;
}  // namespace simdjson::dom

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

/// Reads rows for one schema. Thread-safe.
class JsonRowReader {
 public:
  /// The schema outlives it.
  explicit JsonRowReader(const TableSchema& schema);

  /// Reads a JSON object (one row) or an array of objects. Keys and category
  /// values match without case, space = _. A field that is absent, null or a
  /// missing token is a missing value where the column had some in training, else
  /// an error. Throws Error(malformed) for broken JSON (with the byte), and
  /// Error(bad_input) with `field` for a missing field, a field given twice, a
  /// value of the wrong kind or out of range. At most `max_rows` rows. `spare` is a table whose
  /// memory may be used again.
  JsonRows read(std::string_view json, std::size_t max_rows, Table spare = {}) const;

  /// The same of rows that are a part of some JSON.
  JsonRows read(const simdjson::dom::element& root, std::size_t max_rows, Table spare = {}) const;

 private:
  std::vector<std::string> read_row(const simdjson::dom::object& object, Table& table,
                                    std::size_t row, const std::string& where) const;
  std::optional<std::size_t> column_of(std::string_view key) const;
  bool read_plain(std::size_t column, const simdjson::dom::element& value, ColumnData& data,
                  std::size_t row) const;
  void check_absent(const std::vector<char>& given, const std::vector<std::string>& unknown,
                    const std::string& where) const;
  std::string unknown_field(const std::string& name, const std::vector<char>& given) const;

  const TableSchema& schema_;
  TextTable keys_;                ///< as they are most often written
  std::vector<TextTable> words_;  ///< by column: categories as training met them
};

/// JsonRowReader::read for once.
JsonRows read_json_rows(const TableSchema& schema, std::string_view json, std::size_t max_rows);

}  // namespace vitrine
