#include "data/table/row.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/table/cell.h"
#include "data/table/json_element.h"
#include "data/table/value.h"

namespace vitrine::data {
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

const char* json_type_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
      return "a number";
    case ColumnKind::category:
      return "text";
    case ColumnKind::date:
      return "a date";
    case ColumnKind::text:
      return "text";
  }
  unknown_kind("column kind", kind);
}

/// Converts a JSON value. Throws Error(bad_input) for arrays and objects.
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
      refuse_cell(column, describe(value) + ", which is not " + json_type_of(column.kind), where);
  }
}

/// At most so many unknown fields are named, because the search for similar names takes time.
constexpr std::size_t kMostNamed = 20;

/// Borrows the parser of this thread. After a large text it is destroyed, to release its memory.
class ThreadParser {
 public:
  explicit ThreadParser(std::size_t bytes) : keep_(bytes <= kMostKept) {
    if (!kept()) kept() = std::make_unique<JsonParser>();
    parser_ = std::move(kept());  // a nested use gets its own
  }
  ~ThreadParser() {
    if (keep_) kept() = std::move(parser_);
  }
  ThreadParser(const ThreadParser&) = delete;
  ThreadParser& operator=(const ThreadParser&) = delete;
  JsonParser& operator*() { return *parser_; }

 private:
  static constexpr std::size_t kMostKept = std::size_t{64} << 10;
  static std::unique_ptr<JsonParser>& kept() {
    thread_local std::unique_ptr<JsonParser> parser;
    return parser;
  }
  bool keep_;
  std::unique_ptr<JsonParser> parser_;
};

/// The spellings of a column's categories that read_cell() accepts without a warning.
TextTable words_of(const Column& column) {
  TextTable words;
  const auto add = [&](const std::string& text) {
    std::vector<std::string> warnings;
    ColumnData data{Codes(1, kMissingCode)};
    try {
      read_cell(column, std::string_view(text), data, 0, "", warnings);
    } catch (const Error&) {
      return;
    }
    const std::uint32_t code = data.codes()[0];
    if (warnings.empty() && code < column.categories.size()) words.add(text, code);
  };
  for (const Category& category : column.categories) {
    add(category.value);
    add(category.spelling);
    for (const std::string& variant : category.variants) add(variant);
  }
  return words;
}

/// The error for a row with `faults`, of which the first `wrong` are about values and the others
/// about missing fields. At most kMostNamed of them are described.
Error refusal(std::vector<FieldFault> faults, std::size_t wrong, const std::string& where) {
  std::vector<std::string> more;    // wrong values that the message does not describe
  std::vector<std::string> absent;  // the same of missing fields
  for (std::size_t i = wrong > 0 ? 1 : 0; i < faults.size(); ++i) {
    (i < wrong ? more : absent).push_back("'" + faults[i].field + "'");
  }
  const auto listing = [](const std::vector<std::string>& names, const std::string& what) {
    return counted(names.size(), "field") + (names.size() == 1 ? " is " : " are ") + what + ": " +
           listed(names, 30);
  };
  std::string message = wrong > 0 ? faults[0].message : "";
  if (!more.empty()) message += "; " + listing(more, "wrong too");
  if (wrong == 0 && absent.size() == 1) {
    message = faults[0].message;
  } else if (!absent.empty()) {
    message += (message.empty() ? "" : "; ") + listing(absent, "missing");
  }
  const bool about_value = wrong > 0 || faults.size() == 1;
  Error error(ErrorKind::bad_input, std::move(message), where,
              about_value ? faults[0].hint : "'" + faults[0].field + "': " + faults[0].hint,
              faults[0].field);
  faults.resize(std::min(faults.size(), kMostNamed));
  error.faults = std::move(faults);
  return error;
}

}  // namespace

JsonRowReader::JsonRowReader(const TableSchema& schema) : schema_(schema) {
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    keys_.add(schema.columns[i].key, static_cast<std::uint32_t>(i));
    words_.push_back(words_of(schema.columns[i]));
  }
  // Names as in the table are added after all keys, because add() keeps the first entry.
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    if (normalised(schema.columns[i].name) == schema.columns[i].key) {
      keys_.add(schema.columns[i].name, static_cast<std::uint32_t>(i));
    }
  }
}

std::optional<std::size_t> JsonRowReader::column_of(std::string_view key) const {
  if (const auto plain = keys_.find(key)) return plain;
  const auto loose = keys_.find(normalised(key));
  return loose && schema_.columns[*loose].exact ? std::nullopt : loose;
}

/// The fast path for most values: valid numbers, and categories in a spelling of the training data.
/// Returns false if read_cell() must be used.
bool JsonRowReader::read_plain(std::size_t column, const dom::element& value, ColumnData& data,
                               std::size_t row) const {
  const Column& about = schema_.columns[column];
  switch (about.kind) {
    case ColumnKind::number: {
      double number = 0;
      if (value.get(number) != simdjson::SUCCESS) return false;
      if (!(std::abs(number) <= std::numeric_limits<float>::max())) return false;
      if (about.is_outside(number)) return false;
      const float feature = about.feature_of(number);
      if (std::isnan(feature)) return false;
      data.numbers()[row] = feature;
      return true;
    }
    case ColumnKind::category: {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) return false;
      const auto code = words_[column].find(text);
      if (!code) return false;
      data.codes()[row] = *code;
      return true;
    }
    case ColumnKind::date:
    case ColumnKind::text:
      return false;
  }
  unknown_kind("column kind", about.kind);
}

/// True if the key is that of an id. Its value is kept; one that is an array or object is not.
bool JsonRowReader::read_id(std::string_view key, const dom::element& value, Table& table,
                            std::size_t row) const {
  for (std::size_t i = 0; i < schema_.ids.size(); ++i) {
    const IdColumn& id = schema_.ids[i];
    if (key != id.name && key != id.key && normalised(key) != id.key) continue;
    IdValue& to = table.ids[i][row];
    if (std::string_view text; value.get(text) == simdjson::SUCCESS) {
      to = {std::string(text), false};
    } else if (value.is_number()) {
      to = {std::string(simdjson::minify(value)), true};
    }
    return true;
  }
  return false;
}

std::vector<std::string> JsonRowReader::read_row(const dom::object& object, Table& table,
                                                 std::size_t row, const std::string& where,
                                                 BadCells bad) const {
  std::vector<std::string> warnings;
  std::vector<std::string> unknown;  // the first ones
  std::vector<FieldFault> faults;
  std::size_t unnamed = 0;
  std::vector<char> given(schema_.columns.size(), 0);
  for (const auto field : object) {
    const auto place = column_of(field.key);
    if (!place) {
      if (read_id(field.key, field.value, table, row)) continue;
      if (unknown.size() < kMostNamed) {
        unknown.emplace_back(field.key);
      } else {
        ++unnamed;
      }
      continue;
    }
    const std::size_t i = *place;
    const Column& column = schema_.columns[i];
    try {
      if (std::exchange(given[i], 1) == 1) refuse_cell(column, "given twice", where);
      if (read_plain(i, field.value, table.columns[i], row)) continue;
      read_cell(column, cell_of(column, field.value, where), table.columns[i], row, where, warnings,
                bad);
    } catch (const Error& error) {
      if (error.field.empty()) throw;
      const bool known = std::ranges::contains(faults, error.field, &FieldFault::field);
      if (!known) faults.push_back({error.field, error.message, error.hint});
    }
  }
  const std::size_t wrong = faults.size();
  find_absent(given, unknown, faults);
  if (!faults.empty()) throw refusal(std::move(faults), wrong, where);
  for (const std::string& name : unknown) warnings.push_back(unknown_field(name, given));
  if (unnamed > 0) warnings.push_back(counted(unnamed, "more unknown field") + " ignored");
  return warnings;
}

/// Adds the missing fields. One that an unknown field resembles comes first.
void JsonRowReader::find_absent(const std::vector<char>& given,
                                const std::vector<std::string>& unknown,
                                std::vector<FieldFault>& faults) const {
  const auto first = static_cast<std::ptrdiff_t>(faults.size());
  bool resembled = false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Column& column = schema_.columns[i];
    if (given[i] == 1 || column.had_missing()) continue;
    FieldFault fault{column.key, "field '" + column.key + "' is missing", what_it_takes(column)};
    const auto meant = resembled ? std::nullopt : closest(column.key, unknown);
    if (!meant) {
      faults.push_back(std::move(fault));
      continue;
    }
    resembled = true;
    fault.hint = "did you mean '" + column.key + "' by '" + shown(*meant) + "'? " + fault.hint;
    faults.insert(faults.begin() + first, std::move(fault));
  }
}

std::string JsonRowReader::unknown_field(const std::string& name,
                                         const std::vector<char>& given) const {
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

void check_row_count(std::size_t rows, std::size_t max_rows) {
  if (rows <= max_rows) return;
  throw Error(ErrorKind::bad_input,
              counted(rows, "row") + " in one request; the limit is " + with_commas(max_rows),
              "the request", "send them in several requests");
}

JsonRows JsonRowReader::read(std::string_view json, std::size_t max_rows, Table spare,
                             BadCellRule bad) const {
  ThreadParser parser(json.size());
  return read((*parser).parse(json), max_rows, std::move(spare), bad);
}

JsonRows JsonRowReader::read(const dom::element& root, std::size_t max_rows, Table spare,
                             BadCellRule bad) const {
  JsonRows rows;
  rows.table = std::move(spare);
  if (root.is_object()) {
    make_missing(schema_, 1, rows.table);
    rows.warnings.push_back(read_row(root, rows.table, 0, "the row", bad.alone));
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
  make_missing(schema_, count, rows.table);
  std::size_t row = 0;
  for (const auto element : array) {
    const std::string where = "row " + std::to_string(row);
    if (!element.is_object()) {
      throw Error(ErrorKind::bad_input, "a row is " + describe(element) + ", not an object", where,
                  "each row is an object: {\"column\": value, ...}");
    }
    rows.warnings.push_back(read_row(element, rows.table, row++, where, bad.in_array));
  }
  return rows;
}

JsonRows read_json_rows(const TableSchema& schema, std::string_view json, std::size_t max_rows,
                        BadCells bad) {
  return JsonRowReader(schema).read(json, max_rows, {}, {bad, bad});
}

}  // namespace vitrine::data
