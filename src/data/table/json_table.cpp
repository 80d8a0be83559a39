#include "data/table/json_table.h"

#include <unordered_map>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/column_builder.h"
#include "data/table/column_reading.h"
#include "data/table/json_element.h"
#include "data/table/text_arena.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

namespace dom = simdjson::dom;

/// Collects the objects of a part of the text into columns. Not thread-safe.
class PartReader {
 public:
  PartReader(const ReadOptions& options, std::string_view text, const std::string& where)
      : options_(&options), text_(text), where_(&where) {}

  /// Adds the object that begins at the byte `offset` of the text.
  void add(const dom::element& value, std::size_t offset) {
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
      refuse(offset, "a row is not an object", "each row is an object: {\"column\": value, ...}");
    }
    std::size_t expected = 0;  // most objects have the keys of the last one in its order
    for (const auto field : object) {
      const std::size_t at = column_of(field.key, expected, offset);
      expected = at + 1;
      Column& column = columns_[at];
      if (column.rows > rows_) {
        refuse(offset, "the key '" + shown(field.key) + "' occurs twice", "give each key once");
      }
      fill(column, rows_);
      add_cell(column, field.value, field.key, offset);
      column.has_texts = column.has_texts || field.value.is_string();
      ++column.rows;
    }
    row_offsets_.push_back(offset);
    ++rows_;
  }

  /// The table of all parts of a text, in order.
  static RawTable join(std::vector<PartReader> parts);

 private:
  struct Column {
    std::string name;
    ColumnBuilder builder;
    std::size_t rows = 0;  ///< that the builder has
    ColumnReading reading;
    bool has_texts = false;  ///< some values are strings
  };

  [[noreturn]] void refuse(std::size_t offset, const std::string& message,
                           const std::string& hint) const {
    throw Error(ErrorKind::bad_input, message, line_at(text_, offset, *where_), hint);
  }

  std::size_t column_of(std::string_view key, std::size_t expected, std::size_t offset) {
    if (expected < columns_.size() && columns_[expected].name == key) return expected;
    std::string name(trimmed(key));
    const auto [place, fresh] = places_.emplace(name, columns_.size());
    if (fresh) {
      if (columns_.size() == kMaxColumns) {
        refuse(offset, "the table has more than " + with_commas(kMaxColumns) + " columns",
               "keep only the keys that matter");
      }
      columns_.push_back(new_column(std::move(name), *options_));
    }
    return place->second;
  }

  static Column new_column(std::string name, const ReadOptions& options) {
    Column column{.name = std::move(name)};
    column.reading = reading_of(column.name, options);
    column.builder.detect_format(options.decimal.value_or(0), options.date_order);
    if (column.reading.how == ColumnReading::How::skipped) column.builder.ignore();
    if (column.reading.only_texts) column.builder.stay_dictionary();
    return column;
  }

  /// Adds empty cells up to row `rows`.
  static void fill(Column& column, std::size_t rows) {
    for (; column.rows < rows; ++column.rows) column.builder.add({""}, column.reading.keep_texts);
  }

  void add_cell(Column& column, const dom::element& value, std::string_view key,
                std::size_t offset) {
    switch (value.type()) {
      case dom::element_type::NULL_VALUE:
        return column.builder.add({""}, column.reading.keep_texts);
      case dom::element_type::STRING:
        return add_text(column, std::string_view(value));
      case dom::element_type::BOOL:
        return column.builder.add(bool(value) ? CellText("true") : CellText("false"),
                                  column.reading.keep_texts);
      case dom::element_type::DOUBLE:
        return add_text(column, number_text(double(value)));
      case dom::element_type::INT64:
        return add_text(column, std::to_string(std::int64_t(value)));
      case dom::element_type::ARRAY:
      case dom::element_type::OBJECT:
        refuse(offset, "the value of '" + shown(key) + "' is an array or an object",
               "give each part a key of its own");
      default:
        return add_text(column, std::string(simdjson::minify(value)));
    }
  }

  void add_text(Column& column, std::string_view text) {
    column.builder.add_copy(text, *texts_, column.reading.keep_texts);
  }

  const ReadOptions* options_;
  std::string_view text_;
  const std::string* where_;
  std::size_t rows_ = 0;
  std::unordered_map<std::string, std::size_t> places_;  ///< of columns, by name
  std::vector<Column> columns_;
  std::vector<std::uint64_t> row_offsets_;
  std::unique_ptr<TextArena> texts_ = std::make_unique<TextArena>();
};

RawTable PartReader::join(std::vector<PartReader> parts) {
  RawTable table{.where = *parts.front().where_, .text = parts.front().text_};
  PartReader whole(*parts.front().options_, table.text, table.where);  // knows all columns
  for (const PartReader& part : parts) {
    table.rows += part.rows_;
    table.row_offsets.insert(table.row_offsets.end(), part.row_offsets_.begin(),
                             part.row_offsets_.end());
    for (const Column& column : part.columns_) {
      const std::size_t at = whole.column_of(column.name, kMaxColumns, part.row_offsets_.front());
      whole.columns_[at].has_texts = whole.columns_[at].has_texts || column.has_texts;
    }
  }
  if (table.rows == 0) {
    throw NoRowsError("there are no rows", table.where,
                      "give an object for each row: {\"column\": value, ...}");
  }
  table.columns.resize(whole.columns_.size());
  parallel_for(whole.columns_.size(), [&](std::size_t i) {
    Column& column = whole.columns_[i];
    // The format that was asked for is that of strings.
    if (column.has_texts) column.builder.set_format(column.reading.format, column.reading.dates);
    std::size_t first = 0;
    for (PartReader& part : parts) {
      if (const auto place = part.places_.find(column.name); place != part.places_.end()) {
        Column& more = part.columns_[place->second];
        fill(column, first);
        fill(more, part.rows_);
        column.builder.append(std::move(more.builder), column.reading.keep_texts);
        column.rows += part.rows_;
      }
      first += part.rows_;
    }
    fill(column, table.rows);
    table.columns[i] = std::move(column.builder).finish(column.name);
    table.columns[i].plain_numbers = !column.has_texts;
  });
  return table;
}

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

/// Parses `json`, which begins at the byte `offset` of `text`.
dom::element parse(JsonParser& parser, std::string_view json, std::string_view text,
                   std::size_t offset, const std::string& where) {
  try {
    return parser.parse(json);
  } catch (const Error& error) {
    throw error.at(line_at(text, offset, where) + ", " + error.where);
  }
}

/// Reads an object on each line, in parts on all cores. A part has fewer different texts than
/// kMaxDistinct, since a row has at least 8 bytes: the forms of columns are those of the whole
/// text.
RawTable read_lines(std::string_view text, const std::string& where, const ReadOptions& options) {
  constexpr std::size_t kPartBytes = std::size_t{8} * kMaxDistinct;
  std::vector<std::size_t> borders{0};
  while (text.size() - borders.back() > kPartBytes) {
    const std::size_t newline = text.rfind('\n', borders.back() + kPartBytes - 1);
    if (newline == std::string_view::npos || newline < borders.back()) {  // a long line
      const std::size_t next = text.find('\n', borders.back() + kPartBytes);
      if (next == std::string_view::npos) break;
      borders.push_back(next + 1);
    } else {
      borders.push_back(newline + 1);
    }
  }
  borders.push_back(text.size());
  std::vector<PartReader> parts;
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) parts.emplace_back(options, text, where);
  parallel_for(parts.size(), [&](std::size_t i) {
    JsonParser parser;
    const std::string_view part = text.substr(borders[i], borders[i + 1] - borders[i]);
    for (std::string_view rest = part; !rest.empty();) {
      const std::size_t offset = borders[i] + part.size() - rest.size();
      const std::string_view line = take_line(rest);
      if (!trimmed(line).empty()) parts[i].add(parse(parser, line, text, offset, where), offset);
    }
  });
  return PartReader::join(std::move(parts));
}

}  // namespace

bool is_json_text(std::string_view text) {
  const std::string_view start = trimmed(text.substr(0, 4096));
  if (!start.starts_with('[')) return start.starts_with('{');
  const std::string_view behind = trimmed(start.substr(1));  // not [Id],[Name], a header
  return behind.empty() || std::string_view("{[]\"-0123456789").contains(behind.front());
}

RawTable read_json_table(std::string_view text, std::string where, const ReadOptions& options) {
  if (!trimmed(text).starts_with('[') && trimmed(text.substr(0, text.find('\n'))).ends_with('}')) {
    return read_lines(text, where, options);
  }
  PartReader reader(options, text, where);
  JsonParser parser;
  if (trimmed(text).starts_with('[')) {
    const dom::element root = parse(parser, text, text, 0, where);
    // The place of an element is not known: errors name the array's first line.
    for (const dom::element element : dom::array(root)) reader.add(element, 0);
  } else {
    each_object(text, where, [&](const dom::element& object, std::size_t offset) {
      reader.add(object, offset);
    });
  }
  std::vector<PartReader> parts;
  parts.push_back(std::move(reader));
  return PartReader::join(std::move(parts));
}

}  // namespace vitrine::data
