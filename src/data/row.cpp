#include "data/row.h"

#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "data/cell.h"
#include "data/json_element.h"
#include "data/value.h"

namespace vitrine {
namespace {

namespace dom = simdjson::dom;

std::string describe(const dom::element& value) {
  switch (value.type()) {
    case dom::element_type::ARRAY:
      return "an array";
    case dom::element_type::OBJECT:
      return "an object";
    case dom::element_type::BOOL:
      return bool(value) ? "true" : "false";
    case dom::element_type::NULL_VALUE:
      return "null";
    case dom::element_type::STRING:
      return "'" + shown(std::string_view(value)) + "'";
    default:
      return simdjson::minify(value);
  }
}

/// What a JSON value is to a column; arrays and objects are nothing to any.
CellValue cell_of(const Column& column, const dom::element& value, const std::string& where) {
  switch (value.type()) {
    case dom::element_type::NULL_VALUE:
      return nullptr;
    case dom::element_type::BOOL:
      return bool(value);
    case dom::element_type::STRING:
      return std::string_view(value);
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      return double(value);
    default:
      refuse_cell(column,
                  describe(value) + (column.kind == ColumnKind::number ? ", which is not a number"
                                                                       : ", which is not text"),
                  where);
  }
}

/// Unknown fields that are named: looking for what they may have meant costs time.
constexpr std::size_t kMostNamed = 20;

class RowReader {
 public:
  explicit RowReader(const TableSchema& schema) : schema_(schema) {
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
      places_.emplace(schema.columns[i].key, i);
    }
  }

  void start(Table& table, std::size_t rows) const { table = missing_rows(schema_, rows); }

  std::vector<std::string> read(const dom::object& object, Table& table, std::size_t row,
                                const std::string& where) const {
    std::vector<std::string> warnings;
    std::vector<std::string> unknown;  // the first ones
    std::size_t unnamed = 0;
    std::vector<char> given(schema_.columns.size(), 0);
    for (const auto field : object) {
      const std::string key = normalised(field.key);
      const auto place = places_.find(key);
      if (place == places_.end()) {
        if (unknown.size() < kMostNamed) {
          unknown.emplace_back(field.key);
        } else {
          ++unnamed;
        }
        continue;
      }
      const std::size_t i = place->second;
      const Column& column = schema_.columns[i];
      if (given[i] == 1) refuse_cell(column, "given twice", where);
      given[i] = 1;
      read_cell(column, cell_of(column, field.value, where), table.columns[i], row, where,
                warnings);
    }
    check_absent(given, unknown, where);
    for (const std::string& name : unknown) warnings.push_back(unknown_field(name, given));
    if (unnamed > 0) warnings.push_back(counted(unnamed, "more unknown field") + " ignored");
    return warnings;
  }

 private:
  /// Names every field that must be there and is not; first the one that a
  /// slip of the finger explains.
  void check_absent(const std::vector<char>& given, const std::vector<std::string>& unknown,
                    const std::string& where) const {
    std::vector<std::string> absent;
    const Column* first = nullptr;
    std::string slip;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const Column& column = schema_.columns[i];
      if (given[i] == 1 || column.had_missing()) continue;
      absent.push_back("'" + column.key + "'");
      const auto meant = slip.empty() ? closest(column.key, unknown) : std::nullopt;
      if (first == nullptr || meant) first = &column;
      if (meant) slip = *meant;
    }
    if (first == nullptr) return;
    const std::string meant =
        slip.empty() ? "" : "did you mean '" + first->key + "' by '" + shown(slip) + "'? ";
    throw Error(ErrorKind::bad_input,
                absent.size() == 1
                    ? "field " + absent[0] + " is missing"
                    : std::to_string(absent.size()) + " fields are missing: " + listed(absent, 30),
                where, meant + "'" + first->key + "': " + what_it_takes(*first), first->key);
  }

  std::string unknown_field(const std::string& name, const std::vector<char>& given) const {
    const std::string key = normalised(name);
    for (const DroppedColumn& dropped : schema_.dropped) {
      if (normalised(dropped.name) == key) {
        return "field '" + shown(name) + "' is ignored: the model does not use it (" +
               dropped.reason + ")";
      }
    }
    std::vector<std::string> absent;
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (given[i] == 0) absent.push_back(schema_.columns[i].key);
    }
    std::string hint = did_you_mean(key, absent);
    if (!hint.empty()) hint = "; " + std::string(trimmed(hint));
    return "unknown field '" + shown(name) + "' is ignored" + hint;
  }

  const TableSchema& schema_;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace

void check_row_count(std::size_t rows, std::size_t max_rows) {
  if (rows <= max_rows) return;
  throw Error(ErrorKind::bad_input,
              counted(rows, "row") + " in one request; the limit is " + with_commas(max_rows),
              "the request", "send them in several requests");
}

JsonRows read_json_rows(const TableSchema& schema, std::string_view json, std::size_t max_rows) {
  JsonParser parser;
  const dom::element root = parser.parse(json);
  return read_json_rows(schema, root, max_rows);
}

JsonRows read_json_rows(const TableSchema& schema, const dom::element& root, std::size_t max_rows) {
  JsonRows rows;
  const RowReader reader(schema);
  if (root.is_object()) {
    reader.start(rows.table, 1);
    rows.warnings.push_back(reader.read(root, rows.table, 0, "the row"));
    return rows;
  }
  if (!root.is_array()) {
    throw Error(ErrorKind::bad_input, "the JSON is " + describe(root) + ", not a row",
                "the request",
                "send an object, {\"column\": value, ...}, or an array of such objects");
  }
  rows.array = true;
  const dom::array array = root;
  const std::size_t count = array.size() < 0xFFFFFF ? array.size() : [&] {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto element : array) ++n;
    return n;
  }();
  check_row_count(count, max_rows);
  reader.start(rows.table, count);
  std::size_t row = 0;
  for (const auto element : array) {
    const std::string where = "row " + std::to_string(row);
    if (!element.is_object()) {
      throw Error(ErrorKind::bad_input, "a row is " + describe(element) + ", not an object", where,
                  "each row is an object: {\"column\": value, ...}");
    }
    rows.warnings.push_back(reader.read(element, rows.table, row++, where));
  }
  return rows;
}

}  // namespace vitrine
