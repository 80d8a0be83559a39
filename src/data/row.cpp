#include "data/row.h"

#include <simdjson.h>

#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "data/value.h"

namespace vitrine {
namespace {

namespace dom = simdjson::dom;

/// Finds where broken JSON breaks (simdjson does not say).
class FaultFinder : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t& text) override {
    // A whole number of more digits than 64 bits hold: simdjson stops there.
    out_of_range = text.find_first_of(".eE") == string_t::npos;
    return !out_of_range;
  }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t& name) override {
    last_key = name;
    return true;
  }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    byte = position;
    out_of_range = dynamic_cast<const nlohmann::detail::out_of_range*>(&problem) != nullptr;
    return false;
  }

  std::size_t byte = 0;
  std::string last_key;
  bool out_of_range = false;
};

[[noreturn]] void refuse_json(std::string_view json, simdjson::error_code code) {
  if (code == simdjson::DEPTH_ERROR) {
    throw Error(ErrorKind::malformed,
                "the JSON is nested more than " + std::to_string(kMaxJsonDepth) + " deep",
                "the request", "a row is a flat object: {\"column\": value, ...}");
  }
  if (code == simdjson::EMPTY) {
    throw Error(ErrorKind::malformed, "there is no JSON: the text is empty", "byte 0",
                "send an object: {\"column\": value, ...}");
  }
  FaultFinder finder;
  Json::sax_parse(json, &finder);
  if (finder.out_of_range) {
    throw Error(ErrorKind::bad_input, "a number is out of range",
                "field '" + shown(finder.last_key) + "'",
                "send a number that fits 32-bit floating point", finder.last_key);
  }
  const bool big = code == simdjson::BIGINT_ERROR || code == simdjson::NUMBER_ERROR;
  const std::string why = big                            ? "a number can't be read"
                          : code == simdjson::UTF8_ERROR ? "the text is not valid UTF-8"
                                                         : "the JSON is broken";
  throw Error(ErrorKind::malformed, why,
              finder.byte > 0 ? "byte " + std::to_string(finder.byte - 1) : "the text",
              "check commas, quotes and brackets there; NaN and Infinity are not JSON, a value "
              "that is not known is null");
}

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

std::string takes(const Column& column) {
  if (column.kind == ColumnKind::number) {
    return "it takes a number" + column.range_text();
  }
  std::vector<std::string> values;
  for (const Category& category : column.categories) {
    values.push_back("\"" + shown(category.value, 40) + "\"");
  }
  return "it takes text: " + listed(values, 6);
}

[[noreturn]] void refuse_value(const Column& column, const std::string& what,
                               const std::string& where) {
  throw Error(ErrorKind::bad_input, "field '" + column.key + "' is " + what, where,
              takes(column) + (column.had_missing() ? ", or null" : ""), column.key);
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

  void start(Table& table, std::size_t rows) const {
    table.rows = rows;
    table.columns.resize(schema_.columns.size());
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
      if (schema_.columns[i].kind == ColumnKind::number) {
        table.columns[i].numbers.assign(rows, std::numeric_limits<float>::quiet_NaN());
      } else {
        table.columns[i].codes.assign(rows, kMissingCode);
      }
    }
  }

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
      if (given[i] == 1) refuse_value(column, "given twice", where);
      given[i] = 1;
      const bool has_value =
          column.kind == ColumnKind::number
              ? read_number(column, field.value, table.columns[i].numbers[row], where)
              : read_category(column, field.value, table.columns[i].codes[row], where, warnings);
      if (!has_value && !column.had_missing()) {
        refuse_value(column, "missing (" + describe(field.value) + ")", where);
      }
    }
    check_absent(given, unknown, where);
    for (const std::string& name : unknown) warnings.push_back(unknown_field(name, given));
    if (unnamed > 0) warnings.push_back(counted(unnamed, "more unknown field") + " ignored");
    return warnings;
  }

 private:
  bool read_number(const Column& column, const dom::element& value, float& out,
                   const std::string& where) const {
    double number = 0;
    switch (value.type()) {
      case dom::element_type::NULL_VALUE:
        return false;
      case dom::element_type::INT64:
      case dom::element_type::UINT64:
      case dom::element_type::DOUBLE:
        number = double(value);
        break;
      case dom::element_type::STRING: {
        const std::string_view text(value);
        if (is_missing(text) || std::ranges::contains(column.missing_words, normalised(text))) {
          return false;
        }
        const auto parsed = parse_number(text);
        if (!parsed) refuse_value(column, describe(value) + ", which is not a number", where);
        number = *parsed;
        break;
      }
      default:
        refuse_value(column, describe(value) + ", which is not a number", where);
    }
    if (std::abs(number) > std::numeric_limits<float>::max()) {
      refuse_value(column, describe(value) + ", which is out of range", where);
    }
    out = static_cast<float>(number);
    if (column.missing_number == out) out = std::numeric_limits<float>::quiet_NaN();
    return !std::isnan(out);
  }

  static bool codes_are_numbers(const Column& column) {
    return std::ranges::all_of(column.categories, [](const Category& category) {
      return parse_number(category.value).has_value();
    });
  }

  bool read_category(const Column& column, const dom::element& value, std::uint32_t& out,
                     const std::string& where, std::vector<std::string>& warnings) const {
    std::string text;
    switch (value.type()) {
      case dom::element_type::NULL_VALUE:
        return false;
      case dom::element_type::STRING:
        text = normalised(std::string_view(value));
        break;
      case dom::element_type::BOOL:
        text = bool(value) ? "true" : "false";
        break;
      case dom::element_type::INT64:
      case dom::element_type::UINT64:
      case dom::element_type::DOUBLE:
        text = number_text(double(value));
        break;
      default:
        refuse_value(column, describe(value) + ", which is not text", where);
    }
    if (is_missing(text) || std::ranges::contains(column.missing_words, text)) return false;
    const auto code = column.code_of_text(text);
    // Text that training never met may be new; a number or a truth value in a
    // column of words is a slip.
    if (!code && !value.is_string() && !(value.is_number() && codes_are_numbers(column))) {
      refuse_value(column, describe(value) + ", which is not one of its values", where);
    }
    if (!code) {
      warnings.push_back("field '" + column.key + "': '" + shown(std::string_view(value)) +
                         "' was never met in training; answered as if the field said nothing");
    }
    out = code.value_or(kUnseenCode);
    return true;
  }

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
                where, meant + "'" + first->key + "': " + takes(*first), first->key);
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
  dom::parser parser;
  if (parser.allocate(std::max<std::size_t>(json.size(), 64), kMaxJsonDepth) != simdjson::SUCCESS) {
    throw Error(ErrorKind::failed, "there is not enough memory to read the JSON", "the request",
                "send fewer rows at a time");
  }
  dom::element root;
  if (const auto code = parser.parse(json.data(), json.size()).get(root)) refuse_json(json, code);

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
