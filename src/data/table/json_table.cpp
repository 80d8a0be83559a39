#include "data/table/json_table.h"

#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "data/table/column_builder.h"
#include "data/table/json_element.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

namespace dom = simdjson::dom;

/// Collects objects into columns.
class Collector {
 public:
  Collector(const ReadOptions& options, std::string_view text, std::string where)
      : options_(options), text_(text), where_(std::move(where)) {}

  /// Adds the object that begins at the byte `offset`.
  void add(const dom::element& value, std::size_t offset) {
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
      refuse(offset, "a row is not an object", "each row is an object: {\"column\": value, ...}");
    }
    for (const auto field : object) {
      const std::size_t column = column_of(field.key, offset);
      if (filled_[column] > rows_) {
        refuse(offset, "the key '" + shown(field.key) + "' occurs twice", "give each key once");
      }
      fill(column, rows_);
      builders_[column].add(text_of(field.value, field.key, offset), options_.keep_all_text);
      has_texts_[column] = has_texts_[column] || field.value.is_string();
      filled_[column] = rows_ + 1;
    }
    row_offsets_.push_back(offset);
    ++rows_;
  }

  RawTable finish() && {
    if (rows_ == 0) {
      throw Error(ErrorKind::bad_input, "there are no rows", where_,
                  "give an object for each row: {\"column\": value, ...}");
    }
    RawTable table{
        .where = where_, .rows = rows_, .text = text_, .row_offsets = std::move(row_offsets_)};
    for (std::size_t i = 0; i < builders_.size(); ++i) {
      fill(i, rows_);
      table.columns.push_back(std::move(builders_[i]).finish(std::move(names_[i])));
      table.columns.back().plain_numbers = !has_texts_[i];
    }
    return table;
  }

 private:
  [[noreturn]] void refuse(std::size_t offset, const std::string& message,
                           const std::string& hint) const {
    throw Error(ErrorKind::bad_input, message, line_at(text_, offset, where_), hint);
  }

  std::size_t column_of(std::string_view key, std::size_t offset) {
    const std::string name(trimmed(key));
    const auto [place, fresh] = places_.emplace(name, builders_.size());
    if (fresh) {
      if (builders_.size() == kMaxColumns) {
        refuse(offset, "the table has more than " + with_commas(kMaxColumns) + " columns",
               "keep only the keys that matter");
      }
      builders_.emplace_back().detect_dates(options_.date_order);
      names_.push_back(name);
      filled_.push_back(0);
      has_texts_.push_back(false);
    }
    return place->second;
  }

  /// Adds empty cells up to row `rows`.
  void fill(std::size_t column, std::size_t rows) {
    for (; filled_[column] < rows; ++filled_[column]) {
      builders_[column].add({""}, options_.keep_all_text);
    }
  }

  CellText text_of(const dom::element& value, std::string_view key, std::size_t offset) {
    switch (value.type()) {
      case dom::element_type::NULL_VALUE:
        return {""};
      case dom::element_type::STRING:
        return keep(std::string(std::string_view(value)));
      case dom::element_type::BOOL:
        return bool(value) ? CellText("true") : CellText("false");
      case dom::element_type::DOUBLE:
        return keep(number_text(double(value)));
      case dom::element_type::ARRAY:
      case dom::element_type::OBJECT:
        refuse(offset, "the value of '" + shown(key) + "' is an array or an object",
               "give each part a key of its own");
      default:
        return keep(std::string(simdjson::minify(value)));
    }
  }

  /// Each different text is kept as long as the builders, which have views of it.
  CellText keep(std::string text) { return {*kept_.insert(std::move(text)).first}; }

  const ReadOptions& options_;
  std::string_view text_;
  std::string where_;
  std::size_t rows_ = 0;
  std::unordered_map<std::string, std::size_t> places_;  ///< of columns, by name
  std::vector<std::string> names_;
  std::vector<ColumnBuilder> builders_;
  std::vector<std::size_t> filled_;  ///< rows of each builder
  std::vector<bool> has_texts_;      ///< by column: some values are strings
  std::vector<std::uint64_t> row_offsets_;
  std::unordered_set<std::string> kept_;
};

/// Calls add(object, offset) with each object of a text that holds one after another, over several
/// lines each.
template <typename Add>
void each_object(std::string_view text, const std::string& where, const Add& add) {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  if (text.size() > kMost) {
    throw Error(ErrorKind::bad_input, "objects over several lines are read up to 1 GiB", where,
                "write each object on one line (JSON lines)");
  }
  const auto refuse = [&](std::size_t offset) {
    throw Error(ErrorKind::malformed, "the JSON is broken", line_at(text, offset, where),
                "check the commas, quotes and brackets of the object that begins there");
  };
  dom::parser parser;
  const simdjson::padded_string copy(text);
  dom::document_stream objects;
  if (parser.parse_many(copy, copy.size() + 1).get(objects) != simdjson::SUCCESS) refuse(0);
  for (auto one = objects.begin(); one != objects.end(); ++one) {
    dom::element element;
    if ((*one).get(element) != simdjson::SUCCESS) refuse(one.current_index());
    add(element, one.current_index());
  }
  if (objects.truncated_bytes() > 0) refuse(text.size() - objects.truncated_bytes());
}

}  // namespace

bool is_json_text(std::string_view text) {
  const std::string_view start = trimmed(text.substr(0, 4096));
  if (!start.starts_with('[')) return start.starts_with('{');
  const std::string_view behind = trimmed(start.substr(1));  // not [Id],[Name], a header
  return behind.empty() || std::string_view("{[]\"-0123456789").contains(behind.front());
}

RawTable read_json_table(std::string_view text, std::string where, const ReadOptions& options) {
  Collector collector(options, text, where);
  JsonParser parser;
  const auto parse = [&](std::string_view json, std::size_t offset) {
    try {
      return parser.parse(json);
    } catch (const Error& error) {
      throw Error(error.kind, error.message, line_at(text, offset, where) + ", " + error.where,
                  error.hint, error.field);
    }
  };
  if (trimmed(text).starts_with('[')) {
    const dom::element root = parse(text, 0);
    // The place of an element is not known: errors name the array's first line.
    for (const dom::element element : dom::array(root)) collector.add(element, 0);
  } else if (!trimmed(text.substr(0, text.find('\n'))).ends_with('}')) {
    each_object(text, where, [&](const dom::element& object, std::size_t offset) {
      collector.add(object, offset);
    });
  } else {
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t offset = text.size() - rest.size();
      const std::string_view line = take_line(rest);
      if (!trimmed(line).empty()) collector.add(parse(line, offset), offset);
    }
  }
  return std::move(collector).finish();
}

}  // namespace vitrine::data
