// Reads delimited text in these steps:
// 1. check_text() scans the text on all cores: rejects UTF-16 and NUL bytes, and finds out whether
//    there are quotes, without which records are simply lines.
// 2. find_layout() (csv_layout.h) finds the separator, the header and the rows.
// 3. cut_rows() cuts the rows into parts of some MB at the borders of records.
// 4. sample_formats() finds how the numbers of each column are written, from rows of all parts.
// 5. read_part() parses one part: FieldReader finds the fields, a ColumnBuilder for each column
//    collects dictionary codes or numbers. Parts are read in parallel.
// 6. read_csv() appends the builders of all parts, one column per task; csv_parts() returns each
//    part as a table of its own.
#include "data/table/csv.h"

#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/column_builder.h"
#include "data/table/column_reading.h"
#include "data/table/csv_fields.h"
#include "data/table/csv_layout.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{4} << 20;

/// What a scan of the whole text finds.
struct TextScan {
  bool quotes = false;
  bool backslash = false;  ///< some quotes are escaped by a backslash
};

/// True if a quote of `text` can only be one that a backslash escapes: neither a separator nor a
/// line end nor another quote follows.
bool has_escaped_quote(std::string_view text) {
  for (std::size_t at = text.find("\\\""); at != std::string_view::npos;
       at = text.find("\\\"", at + 1)) {
    if (at + 2 >= text.size()) return false;
    const char next = text[at + 2];
    if (!std::string_view(",;\t|\r\n\" ").contains(next) && is_escaped(text, at + 1)) return true;
  }
  return false;
}

/// Throws an error if the input is not text. Runs on all cores, because the first access reads the
/// file from disk.
TextScan check_text(const CsvText& input) {
  const std::string_view text = input.text;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    refuse_csv(input, 0, "the text is UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8");
  }
  std::atomic<bool> quotes{false};
  std::atomic<bool> backslash{false};
  parallel_for((text.size() + kChunkBytes - 1) / kChunkBytes, [&](std::size_t i) {
    const std::string_view part = text.substr(i * kChunkBytes, kChunkBytes);
    const std::size_t nul = part.find('\0');
    if (nul != std::string_view::npos) {
      const std::size_t at = i * kChunkBytes + nul;
      refuse_csv(input, at, "there is a NUL byte at byte " + std::to_string(at),
                 "this is not a text file in UTF-8; name its encoding with --encoding, or export "
                 "the table "
                 "as CSV in UTF-8");
    }
    if (!part.contains('"')) return;
    quotes = true;
    if (has_escaped_quote(part)) backslash = true;
  });
  return {quotes, backslash};
}

void check_utf8(const CsvText& input, std::size_t begin, std::size_t end) {
  const std::string_view text = input.text;
  if (simdjson::validate_utf8(text.data() + begin, end - begin)) return;
  for (std::size_t at = begin; at < end;) {  // find the line
    const std::size_t newline = std::min(text.find('\n', at), end);
    if (!simdjson::validate_utf8(text.data() + at, newline - at)) {
      refuse_csv(input, at, "the text is not valid UTF-8",
                 "convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8");
    }
    at = newline + 1;
  }
}

/// How a column's cells are read.
struct Reading : ColumnReading {
  bool plain_numbers = false;
};

/// A text whose layout is known, with the rows cut into parts at record borders.
struct Cut {
  struct Part {
    std::size_t begin;
    std::size_t end;
  };
  CsvText input;
  CsvLayout layout;
  std::vector<Reading> readings;  ///< by column
  bool strict = false;
  std::vector<Part> parts;
};

void cut_rows(Cut& cut, std::size_t part_bytes) {
  const std::size_t rows_end = cut.layout.rows_end;
  for (std::size_t begin = cut.layout.rows_begin; begin < rows_end;) {
    const std::size_t target = begin + part_bytes;
    const std::size_t end =
        target >= rows_end
            ? rows_end
            : std::min(rows_end, next_record(cut.input, cut.layout.dialect, begin, target));
    cut.parts.push_back({begin, end});
    begin = end;
  }
}

Reading reading_at(std::size_t place, const std::string& name, const ReadOptions& options) {
  Reading reading{reading_of(name, options)};
  reading.plain_numbers = options.plain_numbers ||
                          (place < options.plain_columns.size() && options.plain_columns[place]);
  if (reading.plain_numbers) reading.format = {};
  return reading;
}

/// Finds the formats of numbers and dates in some rows of each part, so that all parts read columns
/// of very many different values in the same way. Small texts need none: their columns stay
/// dictionaries.
void sample_formats(Cut& cut, const ReadOptions& options) {
  constexpr std::size_t kParts = 16;
  constexpr std::size_t kRows = 250;
  const std::size_t columns = cut.readings.size();
  const std::size_t bytes = cut.layout.rows_end - cut.layout.rows_begin;
  if (options.keep_all_text || options.plain_numbers || bytes / (2 * columns) < kMaxDistinct)
    return;
  std::vector<std::set<std::string>> texts(columns);
  const std::size_t step = std::max<std::size_t>(1, cut.parts.size() / kParts);
  for (std::size_t i = 0; i < cut.parts.size(); i += step) {
    FieldReader reader(cut.input, cut.layout.dialect, cut.parts[i].begin, cut.parts[i].end);
    for (std::size_t row = 0; row < kRows && !reader.at_end(); ++row) {
      if (reader.skip_line_end()) continue;
      std::size_t field = 0;
      for (bool last = false; !last; ++field) {
        const CellText cell = reader.next(last);
        if (field < columns) texts[field].emplace(cell.text);
      }
    }
  }
  std::vector<std::vector<CountedText>> counted(columns);
  for (std::size_t column = 0; column < columns; ++column) {
    for (const std::string& text : texts[column]) counted[column].push_back({text});
  }
  const auto find = [&](std::size_t column, char decimal) {
    return cut.readings[column].plain_numbers ? FoundFormat{}
                                              : find_number_format(counted[column], decimal);
  };
  const char separator = cut.layout.dialect.separator;
  auto found = find_number_formats(columns, find, options.decimal, separator);
  for (std::size_t column = 0; column < columns; ++column) {
    Reading& reading = cut.readings[column];
    reading.format = std::move(found[column].format);
    const std::size_t different = counted[column].size();
    if (found[column].rows * 2 < different) {
      const FoundDates dates = find_date_order(counted[column], options.date_order);
      if (dates.rows * 2 >= different) reading.dates = DateFormat{.order = dates.order};
    }
  }
}

Cut cut_table(std::string_view text, std::string where, const ReadOptions& options,
              std::size_t part_bytes) {
  Cut cut{.input = {text, std::move(where)}, .strict = options.strict};
  const CsvText& input = cut.input;
  if (trimmed(text).empty()) {
    throw NoRowsError("the file is empty", input.where,
                      "it needs a line with the column names and one line for each row");
  }
  const TextScan scan = check_text(input);
  cut.layout = find_layout(input, scan.quotes, scan.backslash, options);
  const CsvLayout& layout = cut.layout;
  check_utf8(input, 0, layout.rows_begin);
  if (text.substr(0, layout.rows_end).find_first_not_of("\r\n", layout.rows_begin) ==
      std::string_view::npos) {
    throw NoRowsError("the table has a header and no rows", input.where,
                      "add one line for each row below the column names");
  }
  for (std::size_t i = 0; i < layout.names.size(); ++i) {
    cut.readings.push_back(reading_at(i, layout.names[i], options));
  }
  cut_rows(cut, part_bytes);
  sample_formats(cut, options);
  return cut;
}

/// The columns of a part.
struct Chunk {
  std::vector<ColumnBuilder> columns;
  std::vector<std::uint64_t> row_offsets;
  std::deque<std::string> unescaped;
  CsvRowNotes notes;
};

/// `readable`: without --strict the row would be read.
[[noreturn]] void refuse_row(const Cut& cut, std::size_t start, std::size_t fields, bool readable) {
  refuse_csv(cut.input, start,
             "this row has " + counted(fields, "field") + ", the header has " +
                 std::to_string(cut.layout.names.size()),
             readable ? "fix the row, or leave out --strict"
                      : "fix the row; a field that contains the separator must be quoted");
}

/// Reads the row at which `reader` is. Returns false for a comment or a repeated header.
bool read_row(const Cut& cut, FieldReader& reader, Chunk& chunk) {
  const std::size_t column_count = cut.layout.names.size();
  const std::size_t start = reader.offset();
  const std::string& header = cut.layout.header_line;
  if (!header.empty() && cut.input.text.substr(start).starts_with(header)) {  // files were joined
    if (cut.strict) refuse_row(cut, start, column_count, true);
    for (bool last = false; !last;) reader.next(last);
    chunk.notes.repeated_headers.add(start);
    return false;
  }
  const bool hash = cut.input.text[start] == '#';
  std::size_t fields = 0;
  bool empty_behind = true;
  CellText field("");
  for (bool last = false; !last; ++fields) {
    field = reader.next(last);
    if (fields == 0 && hash && last && column_count > 1) {
      if (cut.strict) refuse_row(cut, start, 1, true);
      chunk.notes.comments.add(start);
      return false;
    }
    if (fields < column_count) {
      chunk.columns[fields].add(field, cut.readings[fields].keep_texts);
    } else {
      empty_behind = empty_behind && trimmed(field.text).empty();
    }
  }
  if (fields != column_count) {
    const bool readable = fields < column_count || empty_behind;
    if (cut.strict || !readable) refuse_row(cut, start, fields, readable);
    if (fields > column_count) {
      chunk.notes.trailing_separators.add(start);
    } else {
      chunk.notes.short_rows.add(start);
      for (; fields < column_count; ++fields)
        chunk.columns[fields].add({""}, cut.readings[fields].keep_texts);
    }
  }
  chunk.row_offsets.push_back(start);
  return true;
}

Chunk read_part(const Cut& cut, std::size_t i) {
  const auto [begin, end] = cut.parts[i];
  check_utf8(cut.input, begin, end);
  Chunk chunk;
  chunk.columns.resize(cut.layout.names.size());
  for (std::size_t c = 0; c < chunk.columns.size(); ++c) {
    const Reading& reading = cut.readings[c];
    switch (reading.how) {
      case Reading::How::skipped:
        chunk.columns[c].ignore();
        break;
      case Reading::How::texts:
        chunk.columns[c].set_format(reading.format, reading.dates);
        if (reading.only_texts) chunk.columns[c].stay_dictionary();
        break;
      case Reading::How::numbers:
        chunk.columns[c].expect_numbers(reading.format, reading.dates);
        break;
    }
  }
  FieldReader reader(cut.input, cut.layout.dialect, begin, end);
  while (!reader.at_end()) {
    if (!reader.skip_line_end()) read_row(cut, reader, chunk);
  }
  chunk.unescaped = std::move(reader.unescaped());
  return chunk;
}

/// A table without rows.
RawTable empty_table(const Cut& cut) {
  return {.where = cut.input.where,
          .separator = cut.layout.dialect.separator,
          .header = cut.layout.header,
          .columns = std::vector<RawColumn>(cut.layout.names.size()),
          .text = cut.input.text};
}

RawColumn finished(ColumnBuilder&& builder, const Cut& cut, std::size_t column) {
  RawColumn out = std::move(builder).finish(cut.layout.names[column]);
  out.unnamed = cut.layout.unnamed[column] == 1;
  out.plain_numbers = cut.readings[column].plain_numbers;
  return out;
}

RawTable table_of(Chunk&& chunk, const Cut& cut) {
  RawTable table = empty_table(cut);
  table.rows = chunk.row_offsets.size();
  table.row_offsets = std::move(chunk.row_offsets);
  table.row_notes = chunk.notes;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    table.columns[c] = finished(std::move(chunk.columns[c]), cut, c);
  }
  return table;
}

class CsvPart : public TablePart {
 public:
  CsvPart(const Cut& cut, std::size_t i) : TablePart(i), cut_(cut) {}

  RawTable read() const override { return table_of(read_part(cut_, number()), cut_); }

  void append_row(std::string& out, const RawTable& rows, std::size_t row) const override {
    FieldReader reader(cut_.input, cut_.layout.dialect, rows.row_offsets[row],
                       cut_.layout.rows_end);
    bool last = false;
    for (std::size_t i = 0; i < cut_.layout.names.size(); ++i) {
      if (i > 0) out += ',';
      if (!last) out += csv_field(reader.next(last).text);
    }
  }

 private:
  const Cut& cut_;
};

class CsvParts : public TableParts {
 public:
  explicit CsvParts(Cut cut) : cut_(std::move(cut)) {}

  std::vector<Warning> warnings() const override { return cut_.layout.warnings; }
  std::vector<std::string> names() const override { return cut_.layout.names; }
  std::unique_ptr<TablePart> next() override {
    const std::size_t i = next_++;
    return i < cut_.parts.size() ? std::make_unique<CsvPart>(cut_, i) : nullptr;
  }

 private:
  Cut cut_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace

std::vector<Warning> warnings_of(const CsvRowNotes& notes, std::string_view text,
                                 const std::string& where) {
  std::vector<Warning> out;
  const auto add = [&](const char* code, const CsvRowNotes::Count& count, std::string_view noun,
                       const std::string& one, const std::string& many, const char* hint) {
    if (count.rows == 0) return;
    out.push_back({code,
                   counted(count.rows, noun) + " " + (count.rows == 1 ? one : many) + " (" +
                       (count.rows == 1 ? "" : "the first one is ") +
                       line_at(text, count.first, where) + ")",
                   hint});
  };
  add("short_rows", notes.short_rows, "row",
      "has fewer fields than the header; the others are empty",
      "have fewer fields than the header; the others are empty",
      "check that no line end inside a text cuts the row");
  add("comment_lines", notes.comments, "line", "starts with # and is skipped",
      "start with # and are skipped", "quote the field if it is a value");
  add("repeated_header", notes.repeated_headers, "line", "repeats the header and is skipped",
      "repeat the header and are skipped", "remove them: files were joined with their headers");
  add("trailing_separators", notes.trailing_separators, "row",
      "has empty fields behind the last column, which are ignored",
      "have empty fields behind the last column, which are ignored",
      "remove the separators at the ends of lines");
  return out;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

void append_row_of_texts(std::string& out, const RawTable& table, std::size_t row) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (i > 0) out += ',';
    out += csv_field(table.columns[i].texts[table.columns[i].codes[row]]);
  }
}

RawTable read_csv(std::string_view text, std::string where, const ReadOptions& options) {
  const Cut cut = cut_table(text, std::move(where), options, kChunkBytes);
  std::vector<Chunk> chunks(cut.parts.size());
  std::atomic<std::size_t> rows{0};
  parallel_for(chunks.size(), [&](std::size_t i) {
    if (options.max_rows == 0 || rows <= options.max_rows) chunks[i] = read_part(cut, i);
    rows += chunks[i].row_offsets.size();
  });
  if (options.max_rows > 0 && rows > options.max_rows) {
    throw Error(ErrorKind::bad_input, "there are more than " + counted(options.max_rows, "row"),
                cut.input.where, "send them in several requests");
  }
  RawTable table = empty_table(cut);
  table.rows = rows;
  table.row_offsets.reserve(table.rows);
  for (const Chunk& chunk : chunks) {
    table.row_offsets.insert(table.row_offsets.end(), chunk.row_offsets.begin(),
                             chunk.row_offsets.end());
    table.row_notes += chunk.notes;
  }
  table.warnings = cut.layout.warnings;
  std::ranges::move(warnings_of(table.row_notes, text, table.where),
                    std::back_inserter(table.warnings));
  parallel_for(table.columns.size(), [&](std::size_t c) {
    ColumnBuilder whole = std::move(chunks[0].columns[c]);
    whole.reserve(table.rows);
    for (std::size_t i = 1; i < chunks.size(); ++i) {
      whole.append(std::move(chunks[i].columns[c]), cut.readings[c].keep_texts);
    }
    table.columns[c] = finished(std::move(whole), cut, c);
  });
  return table;
}

std::unique_ptr<TableParts> csv_parts(std::string_view text, std::string where,
                                      const ReadOptions& options, std::size_t part_bytes) {
  return std::make_unique<CsvParts>(cut_table(text, std::move(where), options, part_bytes));
}

}  // namespace vitrine::data
