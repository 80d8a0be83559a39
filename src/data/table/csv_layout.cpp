// Finds the layout in these steps:
// 1. read_separator_line() takes a first line `sep=;`, which Excel understands; else
//    find_separator() tries each separator on the first records.
// 2. header_record() finds the header: lines with few fields above it are titles or comments.
// 3. looks_like_data() compares the header with the rows below: a header is missing if its cells
//    are such as theirs.
// 4. read_names() makes the names unique.
// 5. find_footer() leaves out a last line such as "Total".
#include "data/table/csv_layout.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "data/table/unique_names.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kSampleRecords = 50;

struct Record {
  std::size_t begin = 0;
  std::size_t end = 0;  ///< behind its line end
  std::vector<std::string> fields;
  std::size_t count = 0;  ///< of fields; `fields` has at most kMaxColumns + 1
};

/// The first records. If a quote does not fit the dialect, those before it.
std::vector<Record> first_records(const CsvText& input, const CsvDialect& dialect,
                                  std::size_t begin, std::size_t most) {
  std::vector<Record> records;
  try {
    FieldReader reader(input, dialect, begin, input.text.size());
    while (!reader.at_end() && records.size() < most) {
      if (reader.skip_line_end()) continue;
      Record record{.begin = reader.offset()};
      for (bool last = false; !last; ++record.count) {
        const CellText field = reader.next(last);
        if (record.fields.size() <= kMaxColumns) record.fields.emplace_back(field.text);
      }
      record.end = reader.offset();
      records.push_back(std::move(record));
    }
  } catch (const Error&) {
    // A quote does not fit the dialect: use the records before it.
  }
  return records;
}

/// The number of fields that most records have; of equally frequent ones the largest.
std::size_t usual_count(const std::vector<Record>& records) {
  std::map<std::size_t, std::size_t> times;
  for (const Record& one : records) ++times[one.count];
  std::size_t usual = 0;
  std::size_t most = 0;
  for (const auto& [count, number] : times) {
    if (number < most) continue;
    most = number;
    usual = count;
  }
  return usual;
}

bool is_comment(const Record& record) {
  return record.fields.front().starts_with('#') || record.fields.front().starts_with("//");
}

/// The number of fields up to the last one that is not empty.
std::size_t filled_count(const Record& record) {
  std::size_t count = record.fields.size();
  while (count > 0 && trimmed(record.fields[count - 1]).empty()) --count;
  return count;
}

/// The place of the header among the records: behind titles and comments, which have one field, or
/// at most half as many as usual.
std::size_t header_record(const std::vector<Record>& records) {
  constexpr std::size_t kMostLines = 20;
  const std::size_t usual = usual_count(records);
  std::size_t at = 0;
  while (at + 1 < records.size() && at < kMostLines) {
    const Record& one = records[at];
    // Spreadsheets fill up titles with empty fields.
    const bool may_be_title = usual > 2 && !looks_like_number(one.fields.front());
    const std::size_t filled = may_be_title ? filled_count(one) : one.count;
    const bool few = filled < usual && (filled <= 1 || filled * 2 <= usual);
    const bool comment = is_comment(one) && (one.count < usual || one.count == 1);
    if (!few && !comment) break;
    ++at;
  }
  return at;
}

/// The separator that yields the most fields in the header. Separators for which at least 90 % of
/// the first records have as many fields as the header take precedence, then those for which the
/// first record is the header, then those for which at least 90 % of the records have no more
/// fields.
char find_separator(const CsvText& input, CsvDialect dialect, std::size_t begin) {
  char best = ',';
  std::tuple<bool, bool, bool, std::size_t> best_score{false, false, false, 1};
  for (const char separator : {',', ';', '\t', '|'}) {
    dialect.separator = separator;
    const auto records = first_records(input, dialect, begin, kSampleRecords);
    if (records.empty()) continue;
    const std::size_t header = header_record(records);
    const std::size_t fields = records[header].count;
    if (fields < 2) continue;
    std::size_t equal = 0;
    std::size_t fit = 0;
    for (std::size_t i = header; i < records.size(); ++i) {
      equal += records[i].count == fields ? 1 : 0;
      fit += records[i].count <= fields && records[i].count * 2 >= fields ? 1 : 0;
    }
    const std::size_t most = (records.size() - header) * 9;
    const std::tuple score{equal * 10 >= most, header == 0, fit * 10 >= most, fields};
    if (score > best_score) {
      best_score = score;
      best = separator;
    }
  }
  return best;
}

std::string line_text(std::string_view line) { return "'" + shown(trimmed(line), 40) + "'"; }

/// The form of a text: each letter as `a`, each digit as `0`.
std::string shape_of(std::string_view text) {
  std::string shape(trimmed(text));
  for (char& c : shape) {
    if (c >= '0' && c <= '9') c = '0';
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) c = 'a';
  }
  return shape;
}

/// True if at least two of the cells are numbers, and these count up from 0 or are years: names
/// such as 0, 1, 2 or 2019, 2020, 2021.
bool counts_up(const std::vector<std::string>& cells) {
  std::vector<double> numbers;
  for (const std::string& cell : cells) {
    if (const auto number = parse_number(cell)) numbers.push_back(*number);
  }
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] != numbers[i - 1] + 1) return false;
  }
  constexpr double kFirstYear = 1800;
  constexpr double kLastYear = 2100;
  return numbers.size() > 1 &&
         (numbers.front() == 0 || (numbers.front() >= kFirstYear && numbers.back() <= kLastYear));
}

/// Whether the first record is a row: no column of numbers has a name that is a text, and a cell
/// has the form or the value of those below it.
bool looks_like_data(const Record& first, std::span<const Record> rows) {
  if (rows.empty() || counts_up(first.fields)) return false;
  bool like_rows = false;
  for (std::size_t column = 0; column < first.fields.size(); ++column) {
    const std::string name(trimmed(first.fields[column]));
    const bool name_is_number = looks_like_number(name);
    const std::string shape = shape_of(name);
    const bool has_digits = shape.contains('0');
    std::size_t present = 0;
    std::size_t numbers = 0;
    std::size_t same_shape = 0;
    std::size_t same = 0;
    for (const Record& row : rows) {
      if (column >= row.fields.size() || row.fields == first.fields) continue;
      const std::string_view cell = trimmed(row.fields[column]);
      if (is_missing(cell)) continue;
      ++present;
      numbers += looks_like_number(cell) ? 1 : 0;
      same_shape += has_digits && shape_of(cell) == shape ? 1 : 0;
      same += cell == name ? 1 : 0;
    }
    if (present == 0 || is_missing(name)) continue;
    const bool of_numbers = numbers * 10 >= present * 8;
    if (of_numbers && !name_is_number) return false;
    if (of_numbers || same_shape * 2 >= present || same > 0) like_rows = true;
  }
  return like_rows;
}

class LayoutFinder {
 public:
  LayoutFinder(const CsvText& input, const ReadOptions& options)
      : input_(input), options_(options) {
    for (const auto* names : {&options.keys, &options.known_names}) {
      for (const std::string& name : *names) known_names_.insert(normalised(name));
    }
    known_names_.erase("");
  }

  CsvLayout find(bool has_quotes, bool backslash) {
    out_.dialect.quotes = has_quotes;
    out_.dialect.backslash = backslash;
    out_.rows_end = input_.text.size();
    std::size_t begin = input_.text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    if (options_.separator) {
      out_.dialect.separator = *options_.separator;
    } else if (!read_separator_line(begin)) {
      out_.dialect.separator = find_separator(input_, out_.dialect, begin);
    }
    if (backslash) {
      note("backslash_quotes", "quotes inside texts are written \\\", not \"\"",
           "they are read so; no other character is escaped");
    }
    std::vector<Record> records = first_records(input_, out_.dialect, begin, kSampleRecords + 1);
    if (records.empty()) {  // a quote of the first line is never closed: reported at its line
      FieldReader reader(input_, out_.dialect, begin, input_.text.size());
      for (bool last = false; !last && !reader.at_end();) reader.next(last);
      records.push_back({begin, begin, {""}, 1});
    }
    const std::size_t header = header_of(records);
    skip_lines(std::span(records).first(header));
    read_header(records[header], std::span(records).subspan(header + 1));
    find_footer(std::span(records).subspan(header + 1));
    return std::move(out_);
  }

 private:
  void note(std::string code, std::string message, std::string hint) {
    warn_or_refuse(out_.warnings, {std::move(code), std::move(message), std::move(hint)},
                   options_.strict, input_.where);
  }

  /// Excel's first line `sep=;`, which is not a part of the table.
  bool read_separator_line(std::size_t& begin) {
    constexpr std::size_t kBytes = 5;  // sep=,
    const std::string_view text = input_.text.substr(begin);
    if (lower_ascii(text.substr(0, 4)) != "sep=" || text.size() <= kBytes) return false;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    const std::string_view rest = text.substr(kBytes, end - kBytes);
    if (std::string_view("\n\r\" ").contains(text[4]) || !(rest.empty() || rest == "\r"))
      return false;
    out_.dialect.separator = text[4];
    begin += end + 1;
    note("separator_line", "the first line names the separator: " + line_text(text.substr(0, end)),
         "it is read as such, and is not a part of the table");
    return true;
  }

  /// The first record with a name that is known, else header_record(). If the user says whether
  /// there is a header, only comments are skipped.
  std::size_t header_of(const std::vector<Record>& records) const {
    constexpr std::size_t kMostLines = 20;
    std::size_t at = 0;
    if (options_.header != ReadOptions::Header::detected) {
      while (at + 1 < records.size() && is_comment(records[at]) && records[at].count == 1) ++at;
      return at;
    }
    for (; at < std::min(records.size(), kMostLines); ++at) {
      if (records[at].count > 1 && known(records[at])) return at;
    }
    return header_record(records);
  }

  void skip_lines(std::span<const Record> lines) {
    if (lines.empty()) return;
    std::vector<std::string> texts;
    for (const Record& one : lines) {
      texts.push_back(line_text(input_.text.substr(one.begin, one.end - one.begin)));
    }
    note("skipped_lines",
         counted(lines.size(), "line") + " above the header " + (lines.size() == 1 ? "is" : "are") +
             " skipped: " + listed(texts, 3),
         "delete what is above the line with the column names");
  }

  bool known(const Record& header) const {
    return !known_names_.empty() &&
           std::ranges::any_of(header.fields, [&](const std::string& field) {
             return known_names_.contains(normalised(field));
           });
  }

  void read_header(const Record& header, std::span<const Record> rows) {
    using Header = ReadOptions::Header;
    const std::size_t columns = header.count;
    if (columns > kMaxColumns) {
      refuse_csv(
          input_, header.begin, "the table has more than " + with_commas(kMaxColumns) + " columns",
          "keep only the columns that matter; if they are measurements, put each into its own row");
    }
    out_.header =
        options_.header == Header::present ||
        (options_.header == Header::detected && (known(header) || !looks_like_data(header, rows)));
    out_.rows_begin = out_.header ? header.end : header.begin;
    if (out_.header) out_.header_line = input_.text.substr(header.begin, header.end - header.begin);
    if (!out_.header) {
      out_.unnamed.assign(columns, 0);
      out_.names = options_.names;
      if (out_.names.size() == columns) return;
      out_.names.clear();
      for (std::size_t i = 0; i < columns; ++i) out_.names.push_back(place_name(i));
      if (options_.header == Header::detected) {
        note("no_header",
             "the first line looks like a row (" + shown(listed(header.fields, 4), 80) +
                 "), so the columns are called " + listed(out_.names, 3),
             "if it has the names of the columns, say so with --header");
      }
      return;
    }
    std::vector<std::string> fields = header.fields;
    if (has_row_names(columns, rows)) {
      fields.insert(fields.begin(), "");
      note("row_names",
           "each row has one field more than the header; the first one is taken as a "
           "name of the row",
           "give the first column a name too");
    }
    read_names(fields);
  }

  /// True if each row has one field more than the header, which is not always empty, and the first
  /// fields all differ. (Else a field has a separator that is not quoted.)
  static bool has_row_names(std::size_t columns, std::span<const Record> rows) {
    const auto one_more = [&](const Record& row) { return row.count == columns + 1; };
    const auto ends_empty = [](const Record& row) { return trimmed(row.fields.back()).empty(); };
    std::set<std::string> names;
    for (const Record& row : rows) names.insert(row.fields.front());
    return columns > 1 && rows.size() > 1 && std::ranges::all_of(rows, one_more) &&
           !std::ranges::all_of(rows, ends_empty) && names.size() == rows.size();
  }

  static std::string place_name(std::size_t place) { return "column_" + std::to_string(place + 1); }

  /// Names the columns. A name that occurs again gets a number behind it.
  void read_names(const std::vector<std::string>& fields) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      names.emplace_back(trimmed(fields[i]));
      const bool unnamed = names[i].empty() || names[i].starts_with("Unnamed: ");
      out_.unnamed.push_back(unnamed ? 1 : 0);
      if (names[i].empty()) names[i] = place_name(i);
    }
    UniqueNames unique(names);
    std::vector<std::string> again;
    for (const std::string& name : names) {
      out_.names.push_back(unique.add(name));
      if (out_.names.back() == name) continue;
      again.push_back("'" + shown(name, 40) + "' is called '" + shown(out_.names.back(), 40) + "'");
    }
    if (!again.empty()) {
      note("duplicate_names", "columns have the same name; the later " + listed(again, 4),
           "give each column a name of its own");
    }
  }

  /// "600 rows", "(600 rows affected)": what database programs write below a table.
  static bool counts_rows(std::string_view text) {
    if (text.starts_with('(')) text.remove_prefix(1);
    const std::size_t end = text.find_first_not_of("0123456789,. ");
    if (end == 0 || end == std::string_view::npos) return false;
    text.remove_prefix(end);
    constexpr auto kWords = std::to_array<std::string_view>(
        {"row", "record", "line", "entries", "zeile", "ligne", "fila", "registro"});
    return std::ranges::any_of(kWords, [&](auto word) { return text.starts_with(word); });
  }

  /// True for a line that is no row: a word such as "Total" in a column of numbers, or in a line
  /// that ends early.
  bool is_footer(const Record& line, bool numbers_first) const {
    const std::string first = lower_ascii(trimmed(line.fields.front()));
    if (line.count == 1 && counts_rows(first)) return true;
    if (first.empty() || looks_like_number(first) || is_missing(first)) return false;
    constexpr std::array<std::string_view, 27> kWords{
        "total",     "totals",   "sum",      "subtotal",  "grand total", "average", "mean",
        "count",     "rows",     "source",   "note",      "notes",       "end",     "eof",
        "generated", "exported", "created",  "summe",     "gesamt",      "somme",   "suma",
        "totale",    "legend",   "footnote", "copyright", "©",           "*"};
    const bool word = std::ranges::any_of(kWords, [&](std::string_view one) {
      if (!first.starts_with(one)) return false;
      const std::string_view rest = std::string_view(first).substr(one.size());
      return rest.empty() || std::string_view(" :;,.(*-=").contains(rest.front());
    });
    const bool ends_early = line.count * 2 <= out_.names.size();
    return ends_early ? word || numbers_first : word && numbers_first;
  }

  /// Leaves out the last lines if they are a footer.
  void find_footer(std::span<const Record> rows) {
    constexpr std::size_t kMostLines = 5;
    constexpr std::size_t kFewRows = 3;
    if (out_.names.size() < 2 || rows.size() < kFewRows) return;
    std::size_t numbers = 0;
    for (const Record& row : rows) numbers += looks_like_number(row.fields.front()) ? 1 : 0;
    const bool numbers_first = numbers * 10 >= rows.size() * 6;  // footers are among the rows
    std::vector<std::string> lines;
    std::size_t end = out_.rows_end;
    while (lines.size() < kMostLines) {
      const std::size_t last = input_.text.substr(0, end).find_last_not_of("\r\n");
      if (last == std::string_view::npos || last < out_.rows_begin) break;
      const std::size_t newline = input_.text.substr(0, last).rfind('\n');
      const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
      if (begin <= rows[kFewRows - 1].begin) break;
      const std::string_view line = input_.text.substr(begin, last + 1 - begin);
      // The line may be the end of a text with line ends.
      const auto quotes = std::ranges::count(line, '"');
      if (quotes % 2 == 1 || (quotes > 0 && out_.dialect.backslash)) break;
      const std::vector<Record> record = first_records(input_, out_.dialect, begin, 1);
      if (record.empty() || !is_footer(record.front(), numbers_first)) break;
      lines.push_back(line_text(line));
      end = begin;
    }
    if (lines.empty()) return;
    out_.rows_end = end;
    std::ranges::reverse(lines);
    note("footer",
         (lines.size() == 1 ? "the last line is"
                            : "the last " + counted(lines.size(), "line") + " are") +
             " not a row and left out: " + listed(lines, 3),
         "delete what is below the table");
  }

  const CsvText& input_;
  const ReadOptions& options_;
  std::set<std::string> known_names_;  ///< normalised
  CsvLayout out_;
};

}  // namespace

CsvLayout find_layout(const CsvText& input, bool has_quotes, bool backslash,
                      const ReadOptions& options) {
  return LayoutFinder(input, options).find(has_quotes, backslash);
}

}  // namespace vitrine::data
