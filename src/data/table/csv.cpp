// Reads delimited text in these steps:
// 1. check_text() scans the text on all cores: rejects UTF-16 and NUL bytes, and finds out whether
//    there are quotes, without which records are simply lines.
// 2. find_separator() tries each separator on the first 50 records; read_header() reads the names.
// 3. cut_rows() cuts the text into parts of some MB at the borders of records.
// 4. read_part() parses one part: FieldReader finds the fields, a ColumnBuilder for each column
//    collects dictionary codes or numbers. Parts are read in parallel.
// 5. read_csv() appends the builders of all parts, one column per task; CsvParts returns each part
//    as a table of its own.
#include "data/table/csv.h"

#include <emmintrin.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <deque>
#include <limits>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/cell_dictionary.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{4} << 20;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Input {
  std::string_view text;
  std::string where;
};

[[noreturn]] void refuse(const Input& input, std::size_t offset, const std::string& message,
                         const std::string& hint) {
  throw Error(ErrorKind::bad_input, message, line_at(input.text, offset, input.where), hint);
}

bool mostly_numbers(const CellDictionary& dictionary) {
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < dictionary.size(); ++i) {
    numbers += parse_number(dictionary.text(i)).has_value();
  }
  return numbers * 2 >= dictionary.size();
}

/// A column under construction: some of the rows, in one of the forms of RawColumn. It starts as a
/// dictionary and changes its form when there are more than kMaxDistinct different texts.
class ColumnBuilder {
 public:
  /// Skips all cells.
  void ignore() { form_ = RawColumn::Form::free_text; }
  /// Reads all cells as numbers.
  void expect_numbers() { form_ = RawColumn::Form::numbers; }

  void add(const CellText& cell, bool keep_all_text) {
    switch (form_) {
      case RawColumn::Form::dictionary:
        codes_.push_back(dictionary_.code_of(cell));
        if (dictionary_.size() > kMaxDistinct) overflow(keep_all_text);
        break;
      case RawColumn::Form::numbers:
        add_number(cell.text);
        break;
      case RawColumn::Form::free_text:
        break;
    }
  }

  /// Appends the rows of `part`. Its form decides: numbers and free text are never turned back into
  /// a dictionary.
  void append(ColumnBuilder&& part, bool keep_all_text) {
    if (part.form_ == RawColumn::Form::free_text) become_free_text();
    if (part.form_ == RawColumn::Form::numbers && form_ == RawColumn::Form::dictionary) {
      become_numbers();
    }
    if (form_ == RawColumn::Form::free_text) return;
    if (part.form_ == RawColumn::Form::numbers) {
      const std::size_t first = numbers_.size();
      numbers_.insert(numbers_.end(), part.numbers_.begin(), part.numbers_.end());
      for (auto& stray : part.strays_)
        strays_.push_back({first + stray.row, std::move(stray.text)});
      return;
    }
    if (form_ == RawColumn::Form::numbers) {
      for (const std::uint32_t code : part.codes_) add_number(part.dictionary_.text(code));
      return;
    }
    std::vector<std::uint32_t> translated(part.dictionary_.size());
    for (std::size_t i = 0; i < translated.size(); ++i) {
      translated[i] = dictionary_.code_of(part.dictionary_.text(i));
    }
    for (const std::uint32_t code : part.codes_) codes_.push_back(translated[code]);
    if (dictionary_.size() > kMaxDistinct) overflow(keep_all_text);
  }

  void reserve(std::size_t rows) {
    if (form_ == RawColumn::Form::dictionary) codes_.reserve(rows);
    if (form_ == RawColumn::Form::numbers) numbers_.reserve(rows);
  }

  RawColumn finish(std::string name) && {
    RawColumn column;
    column.name = std::move(name);
    column.form = form_;
    for (std::size_t i = 0; i < dictionary_.size(); ++i) {
      column.texts.emplace_back(dictionary_.text(i));
    }
    column.codes = std::move(codes_);
    column.numbers = std::move(numbers_);
    column.strays = std::move(strays_);
    return column;
  }

 private:
  void add_number(std::string_view cell) {
    const auto number = parse_number(cell);
    if (!number) strays_.push_back({numbers_.size(), std::string(cell)});
    numbers_.push_back(number.value_or(kNaN));
  }

  void overflow(bool keep_all_text) {
    if (mostly_numbers(dictionary_)) {
      become_numbers();
    } else if (!keep_all_text) {
      become_free_text();
    }
  }

  void become_numbers() {
    form_ = RawColumn::Form::numbers;
    std::vector<std::optional<double>> values(dictionary_.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = parse_number(dictionary_.text(i));
    numbers_.reserve(codes_.size());
    for (const std::uint32_t code : codes_) {
      if (!values[code]) strays_.push_back({numbers_.size(), std::string(dictionary_.text(code))});
      numbers_.push_back(values[code].value_or(kNaN));
    }
    drop_dictionary();
  }

  void become_free_text() {
    form_ = RawColumn::Form::free_text;
    drop_dictionary();
    numbers_ = {};
    strays_ = {};
  }

  void drop_dictionary() {
    dictionary_ = {};
    codes_ = {};
  }

  RawColumn::Form form_ = RawColumn::Form::dictionary;
  CellDictionary dictionary_;
  std::vector<std::uint32_t> codes_;
  std::vector<double> numbers_;
  std::vector<RawColumn::Stray> strays_;
};

/// Reads the fields of a text one after another.
class FieldReader {
 public:
  FieldReader(const Input& input, char separator, std::size_t begin, std::size_t end)
      : input_(input), text_(input.text), separator_(separator), at_(begin), end_(end) {}

  bool at_end() const { return at_ >= end_; }
  std::size_t offset() const { return at_; }

  /// Skips one line end; returns false if there is none here.
  bool skip_line_end() {
    const std::size_t start = at_;
    if (at_ < end_ && text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    if (at_ < end_ && text_[at_] == '\n') ++at_;
    return at_ != start;
  }

  /// Reads the next field. Sets `last` if the row ends after it; the line end is then skipped.
  CellText next(bool& last) {
    if (at_ < end_ && text_[at_] == '"') return quoted(last);
    const std::size_t start = at_;
    at_ = find_border();
    std::string_view field = text_.substr(start, at_ - start);
    check_length(field, start);
    finish_field(last);
    if (last && field.ends_with('\r')) field.remove_suffix(1);
    return {field, text_.data() + text_.size()};
  }

  /// Storage for fields with doubled quotes, whose text differs from the input.
  std::deque<std::string>& unescaped() { return unescaped_; }

 private:
  static constexpr std::size_t kBlock = 64;

  /// A bit mask of the block at `from`: bit i is set if byte i is a separator or a line end. Bytes
  /// after the text count as line ends.
  std::uint64_t borders_at(std::size_t from) const {
    std::array<char, kBlock> copy;
    const char* bytes = text_.data() + from;
    if (from + kBlock > text_.size()) {
      copy.fill('\n');
      std::ranges::copy(text_.substr(from), copy.begin());
      bytes = copy.data();
    }
    const __m128i separators = _mm_set1_epi8(separator_);
    const __m128i newlines = _mm_set1_epi8('\n');
    std::uint64_t borders = 0;
    for (std::size_t i = 0; i < kBlock; i += 16) {
      const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
      const int found = _mm_movemask_epi8(
          _mm_or_si128(_mm_cmpeq_epi8(part, separators), _mm_cmpeq_epi8(part, newlines)));
      borders |= std::uint64_t{static_cast<std::uint16_t>(found)} << i;
    }
    return borders;
  }

  /// The first separator or line end at or after `at_`; `end_` if there is none. The mask of the
  /// current block is kept, because a block usually holds several fields.
  std::size_t find_border() {
    for (std::size_t from = at_; from < end_; from = block_ + kBlock) {
      const std::size_t block = from / kBlock * kBlock;
      if (block != block_) {
        block_ = block;
        borders_ = borders_at(block);
      }
      const std::uint64_t ahead = borders_ >> (from - block);
      if (ahead != 0)
        return std::min(end_, from + static_cast<std::size_t>(std::countr_zero(ahead)));
    }
    return end_;
  }

  void finish_field(bool& last) {
    last = at_ >= end_ || text_[at_] == '\n';
    if (at_ < end_) ++at_;
  }

  void check_length(std::string_view field, std::size_t start) const {
    if (field.size() > kMaxFieldBytes) {
      refuse(input_, start,
             "a field has " + with_commas(field.size()) + " bytes; the limit is " +
                 with_commas(kMaxFieldBytes),
             "check the quotes and line ends around it, or remove the column");
    }
  }

  CellText quoted(bool& last) {
    const std::size_t open = at_;
    std::size_t start = ++at_;
    std::string* copy = nullptr;
    for (;;) {
      const std::size_t quote = text_.substr(0, end_).find('"', at_);
      if (quote == std::string_view::npos) {
        refuse(input_, open, "a quote is opened and never closed",
               "close it, or double it if it belongs to the text (\"\")");
      }
      at_ = quote + 1;
      const bool doubled = at_ < end_ && text_[at_] == '"';
      if (!doubled && copy == nullptr) {
        return end_of_quoted(text_.substr(start, quote - start), open, last);
      }
      if (copy == nullptr) copy = &unescaped_.emplace_back();
      copy->append(text_.substr(start, quote - start));
      if (!doubled) return end_of_quoted(*copy, open, last);
      copy->push_back('"');
      start = ++at_;
    }
  }

  std::string_view end_of_quoted(std::string_view field, std::size_t open, bool& last) {
    check_length(field, open);
    while (at_ < end_ && (text_[at_] == ' ' || text_[at_] == '\r')) ++at_;
    if (at_ < end_ && text_[at_] != separator_ && text_[at_] != '\n') {
      refuse(input_, open, "a quoted field continues after its closing quote",
             "quote the whole field and double the quotes inside it (\"\")");
    }
    finish_field(last);
    return field;
  }

  const Input& input_;
  std::string_view text_;
  char separator_;
  std::size_t at_;
  std::size_t end_;
  std::size_t block_ = std::string_view::npos;  ///< the block of `borders_`
  std::uint64_t borders_ = 0;
  std::deque<std::string> unescaped_;
};

/// The start of the next record at or after `target`, given that a record starts at `from`. A line
/// end inside quotes is not a border, so quotes are followed from `from` on. Quotes open only at
/// the start of a field.
std::size_t next_record(const Input& input, char separator, std::size_t from, std::size_t target,
                        bool has_quotes) {
  const std::string_view text = input.text;
  if (!has_quotes) {
    const std::size_t newline = text.find('\n', std::max(from, target));
    return newline == std::string_view::npos ? text.size() : newline + 1;
  }
  std::size_t at = from;
  while (at < text.size()) {
    const std::size_t quote = std::min(text.find('"', at), text.size());
    // Every line end between here and the next quote is the end of a record.
    const std::size_t newline = text.substr(0, quote).find('\n', std::max(at, target));
    if (newline != std::string_view::npos) return newline + 1;
    if (quote == text.size()) break;
    const bool opens = quote == 0 || text[quote - 1] == separator || text[quote - 1] == '\n';
    at = quote + 1;
    while (opens) {
      const std::size_t close = text.find('"', at);
      if (close == std::string_view::npos) {
        refuse(input, quote, "a quote is opened and never closed",
               "close it, or double it if it belongs to the text (\"\")");
      }
      at = close + 1;
      if (at >= text.size() || text[at] != '"') break;
      ++at;
    }
  }
  return text.size();
}

/// The number of fields in each of the first records, read with `separator`.
std::vector<std::size_t> field_counts(const Input& input, char separator, std::size_t begin) {
  constexpr std::size_t kRecords = 50;
  std::vector<std::size_t> counts;
  try {
    FieldReader reader(input, separator, begin, input.text.size());
    while (!reader.at_end() && counts.size() < kRecords) {
      if (reader.skip_line_end()) continue;
      std::size_t fields = 0;
      for (bool last = false; !last; ++fields) reader.next(last);
      counts.push_back(fields);
    }
  } catch (const Error&) {
    // A quote does not fit this separator: use the records before it.
  }
  return counts;
}

/// The separator that yields the most fields in the header. Separators for which at least 90 % of
/// the first records have as many fields as the header take precedence.
char find_separator(const Input& input, std::size_t begin) {
  char best = ',';
  std::pair<std::size_t, std::size_t> best_score{0, 1};
  for (const char separator : {',', ';', '\t', '|'}) {
    const auto counts = field_counts(input, separator, begin);
    if (counts.empty() || counts[0] < 2) continue;
    const auto agree = static_cast<std::size_t>(std::ranges::count(counts, counts[0]));
    const bool most_agree = agree * 10 >= counts.size() * 9;
    const std::pair<std::size_t, std::size_t> score{most_agree ? 1 : 0, counts[0]};
    if (score > best_score || best_score == std::pair<std::size_t, std::size_t>{0, 1}) {
      best_score = score;
      best = separator;
    }
  }
  return best;
}

/// Throws an error if the input is not UTF-8 text; returns whether there are quotes. Runs on all
/// cores, because the first access reads the file from disk.
bool check_text(const Input& input) {
  const std::string_view text = input.text;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    refuse(input, 0, "the file is UTF-16, not UTF-8", "convert it: iconv -f UTF-16 -t UTF-8");
  }
  std::atomic<bool> quotes{false};
  parallel_for((text.size() + kChunkBytes - 1) / kChunkBytes, [&](std::size_t i) {
    const std::string_view part = text.substr(i * kChunkBytes, kChunkBytes);
    const std::size_t nul = part.find('\0');
    if (nul != std::string_view::npos) {
      const std::size_t at = i * kChunkBytes + nul;
      refuse(input, at, "there is a NUL byte at byte " + std::to_string(at),
             "this is not a text file; export the table as CSV in UTF-8");
    }
    if (!quotes && part.contains('"')) quotes = true;
  });
  return quotes;
}

void check_utf8(const Input& input, std::size_t begin, std::size_t end) {
  const std::string_view text = input.text;
  if (simdjson::validate_utf8(text.data() + begin, end - begin)) return;
  for (std::size_t at = begin; at < end;) {  // find the line
    const std::size_t newline = std::min(text.find('\n', at), end);
    if (!simdjson::validate_utf8(text.data() + at, newline - at)) {
      refuse(input, at, "the text is not valid UTF-8",
             "convert the file, for example: iconv -f WINDOWS-1252 -t UTF-8");
    }
    at = newline + 1;
  }
}

std::vector<std::string> read_header(const Input& input, FieldReader& reader) {
  while (reader.skip_line_end()) {
  }
  const std::size_t start = reader.offset();
  if (input.text.find('\n') == std::string_view::npos &&
      input.text.find('\r') != std::string_view::npos) {
    refuse(input, start, "the lines end with CR only", "convert them: tr '\\r' '\\n' < old > new");
  }
  std::vector<std::string> names;
  std::map<std::string, std::string> seen;
  bool all_numbers = true;
  for (bool last = false; !last;) {
    std::string name(trimmed(reader.next(last).text));
    if (names.size() == kMaxColumns) {
      refuse(
          input, start, "the table has more than " + with_commas(kMaxColumns) + " columns",
          "keep only the columns that matter; if they are measurements, put each into its own row");
    }
    if (name.empty()) name = "column_" + std::to_string(names.size() + 1);
    all_numbers = all_numbers && parse_number(name).has_value();
    const auto [other, fresh] = seen.emplace(normalised(name), name);
    if (!fresh) {
      refuse(input, start,
             "two columns are called '" + shown(name) + "'" +
                 (other->second == name ? ""
                                        : " ('" + shown(other->second) +
                                              "' is the same: case is ignored, and a space "
                                              "equals _)"),
             "give each column a unique name");
    }
    names.push_back(std::move(name));
  }
  if (all_numbers) {
    refuse(input, start, "the first line contains numbers, not column names",
           "add a first line with the column names");
  }
  return names;
}

/// How a column's cells are read.
enum class Reading { skipped, texts, numbers };

/// A text whose header was read, with the rows cut into parts at record borders.
struct Cut {
  struct Part {
    std::size_t begin;
    std::size_t end;
  };
  Input input;
  char separator = ',';
  std::vector<std::string> names;
  std::vector<Reading> readings;  ///< by column
  bool keep_all_text = false;
  std::vector<Part> parts;
};

std::vector<Cut::Part> cut_rows(const Input& input, char separator, std::size_t begin,
                                bool has_quotes, std::size_t part_bytes) {
  std::vector<Cut::Part> parts;
  while (begin < input.text.size()) {
    const std::size_t target = begin + part_bytes;
    const std::size_t end = target >= input.text.size()
                                ? input.text.size()
                                : next_record(input, separator, begin, target, has_quotes);
    parts.push_back({begin, end});
    begin = end;
  }
  return parts;
}

Reading reading_of(const std::string& name, const CsvOptions& options) {
  const std::string key = normalised(name);
  if (std::ranges::contains(options.number_keys, key)) return Reading::numbers;
  return options.keys.empty() || std::ranges::contains(options.keys, key) ? Reading::texts
                                                                          : Reading::skipped;
}

Cut cut_table(std::string_view text, std::string where, const CsvOptions& options,
              std::size_t part_bytes) {
  Cut cut{.input = {text, std::move(where)}, .keep_all_text = options.keep_all_text};
  const Input& input = cut.input;
  if (text.empty()) {
    throw Error(ErrorKind::bad_input, "the file is empty", input.where,
                "it needs a line with the column names and one line for each row");
  }
  const bool has_quotes = check_text(input);
  const std::size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  cut.separator = find_separator(input, begin);
  FieldReader header(input, cut.separator, begin, text.size());
  cut.names = read_header(input, header);
  check_utf8(input, begin, header.offset());
  if (text.find_first_not_of("\r\n", header.offset()) == std::string_view::npos) {
    throw Error(ErrorKind::bad_input, "the table has a header and no rows", input.where,
                "add one line for each row below the column names");
  }
  for (const std::string& name : cut.names) cut.readings.push_back(reading_of(name, options));
  cut.parts = cut_rows(input, cut.separator, header.offset(), has_quotes, part_bytes);
  return cut;
}

/// The columns of a part.
struct Chunk {
  std::vector<ColumnBuilder> columns;
  std::vector<std::uint64_t> row_offsets;
  std::deque<std::string> unescaped;
};

Chunk read_part(const Cut& cut, std::size_t i) {
  const auto [begin, end] = cut.parts[i];
  check_utf8(cut.input, begin, end);
  const std::size_t column_count = cut.names.size();
  Chunk chunk;
  chunk.columns.resize(column_count);
  for (std::size_t c = 0; c < column_count; ++c) {
    if (cut.readings[c] == Reading::skipped) chunk.columns[c].ignore();
    if (cut.readings[c] == Reading::numbers) chunk.columns[c].expect_numbers();
  }
  FieldReader reader(cut.input, cut.separator, begin, end);
  while (!reader.at_end()) {
    if (reader.skip_line_end()) continue;
    const std::size_t start = reader.offset();
    std::size_t fields = 0;
    for (bool last = false; !last; ++fields) {
      const CellText field = reader.next(last);
      if (fields < column_count) chunk.columns[fields].add(field, cut.keep_all_text);
    }
    if (fields != column_count) {
      refuse(cut.input, start,
             "this row has " + counted(fields, "field") + ", the header has " +
                 std::to_string(column_count),
             "fix the row; a field that contains the separator must be quoted");
    }
    chunk.row_offsets.push_back(start);
  }
  chunk.unescaped = std::move(reader.unescaped());
  return chunk;
}

}  // namespace

const RawColumn* RawTable::find(std::string_view key) const {
  for (const RawColumn& column : columns) {
    if (normalised(column.name) == key) return &column;
  }
  return nullptr;
}

std::vector<std::string> RawTable::names() const {
  std::vector<std::string> names;
  for (const RawColumn& column : columns) names.push_back(column.name);
  return names;
}

std::string line_at(std::string_view text, std::size_t offset, std::string_view where) {
  const auto before = text.substr(0, offset);
  return std::string(where) + ", line " +
         std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
}

RawTable read_csv(std::string_view text, std::string where, const CsvOptions& options) {
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
  RawTable table{.where = cut.input.where, .separator = cut.separator, .rows = rows};
  table.row_offsets.reserve(table.rows);
  for (const Chunk& chunk : chunks) {
    table.row_offsets.insert(table.row_offsets.end(), chunk.row_offsets.begin(),
                             chunk.row_offsets.end());
  }
  table.columns.resize(cut.names.size());
  parallel_for(cut.names.size(), [&](std::size_t c) {
    ColumnBuilder whole = std::move(chunks[0].columns[c]);
    whole.reserve(table.rows);
    for (std::size_t i = 1; i < chunks.size(); ++i) {
      whole.append(std::move(chunks[i].columns[c]), options.keep_all_text);
    }
    table.columns[c] = std::move(whole).finish(cut.names[c]);
  });
  return table;
}

struct CsvParts::Data : Cut {};

CsvParts::CsvParts(std::string_view text, std::string where, const CsvOptions& options,
                   std::size_t part_bytes)
    : data_(std::make_unique<Data>(cut_table(text, std::move(where), options, part_bytes))) {}
CsvParts::~CsvParts() = default;

std::size_t CsvParts::count() const { return data_->parts.size(); }

RawTable CsvParts::read(std::size_t part) const {
  Chunk chunk = read_part(*data_, part);
  RawTable table{.where = data_->input.where,
                 .separator = data_->separator,
                 .rows = chunk.row_offsets.size(),
                 .row_offsets = std::move(chunk.row_offsets)};
  for (std::size_t c = 0; c < data_->names.size(); ++c) {
    table.columns.push_back(std::move(chunk.columns[c]).finish(data_->names[c]));
  }
  return table;
}

}  // namespace vitrine::data
