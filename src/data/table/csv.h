// Reads delimited text (RFC 4180, and what programs write that do not know it) into columns, on all
// cores.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/table/date.h"
#include "data/table/number_format.h"
#include "data/table/warning.h"

namespace vitrine::data {

/// One column as read, before its kind is inferred. The cells are stored in one of three forms:
/// - dictionary: `codes[row]` is an index into `texts`;
/// - numbers: more than kMaxDistinct different values, mostly numbers or dates: `numbers[row]`, NaN
///   for other cells, whose text is in `strays`;
/// - free text: too many different texts, or a column that was not requested; cells are not kept.
struct RawColumn {
  enum class Form { dictionary, numbers, free_text };
  struct Stray {
    std::size_t row;
    std::string text;
  };

  std::string name;
  bool unnamed = false;  ///< the header has no name for it; `name` is made from its place
  Form form = Form::dictionary;
  NumberFormat format;               ///< form numbers: how they were read
  std::optional<DateFormat> dates;   ///< form numbers: they are parse_days() of dates
  bool plain_numbers = false;        ///< numbers have the plain format, whatever they look like
  std::vector<std::string> texts;    ///< different cells as written, in order of appearance
  std::vector<std::uint32_t> codes;  ///< one for each row
  std::vector<double> numbers;       ///< one for each row
  std::vector<Stray> strays;         ///< in row order; includes missing tokens
};

/// Rows that were read although they are not as they should be.
struct CsvRowNotes {
  struct Count {
    std::size_t rows = 0;
    std::uint64_t first = 0;  ///< the byte offset of the first one
    void add(std::uint64_t offset) { *this += {1, offset}; }
    Count& operator+=(const Count& more);
  };
  Count short_rows;           ///< fewer fields than the header: the others are empty
  Count comments;             ///< lines that start with `#`: skipped
  Count repeated_headers;     ///< lines that are equal to the header: skipped
  Count trailing_separators;  ///< empty fields behind the last column: ignored
  CsvRowNotes& operator+=(const CsvRowNotes& more);
};

/// The warnings about rows of `text`, which is called `where`.
std::vector<Warning> warnings_of(const CsvRowNotes& notes, std::string_view text,
                                 const std::string& where);

struct RawTable {
  std::string where;  ///< the file's name, for messages
  char separator = ',';
  bool header = true;  ///< false: the names are column_1, column_2, ...
  std::size_t rows = 0;
  std::vector<RawColumn> columns;
  std::vector<std::uint64_t> row_offsets;  ///< the byte offset of each row in the text
  CsvRowNotes row_notes;
  std::vector<Warning> warnings;  ///< what had to be assumed about the text, and about rows

  /// The column of this name: the exact name first, then the only one that equals it without
  /// regard to case, with a space equal to `_`. Null if there is none.
  const RawColumn* find(std::string_view name) const;
  std::vector<std::string> names() const;
};

/// "the first line looks like a row, not like names; ..." if the table has no header, else empty.
std::string no_header_hint(const RawTable& table);

/// A column that is read as numbers or dates at once, without a dictionary.
struct NumberKey {
  std::string key;
  NumberFormat format = {};
  std::optional<DateFormat> dates = {};
};

struct CsvOptions {
  /// True: keep all texts of a column (for prediction). False: do not keep columns with more than
  /// kMaxDistinct different texts, which training drops.
  bool keep_all_text = false;
  /// The names of the columns to keep, as they are or normalised; cells of other columns are only
  /// checked. Empty: all columns are kept.
  std::vector<std::string> keys = {};
  std::vector<NumberKey> number_keys = {};
  std::size_t max_rows = 0;  ///< more rows are an error; 0: no limit
  /// Whether the first line has the names of the columns. `detected`: it has, unless its cells look
  /// like those below and none is a name of `keys` or `known_names`.
  enum class Header { detected, present, absent };
  Header header = Header::detected;
  std::vector<std::string> known_names = {};
  /// Columns whose texts are kept, however many different ones there are.
  std::vector<std::string> text_keys = {};
  bool plain_numbers = false;        ///< RawColumn::plain_numbers of all columns
  std::optional<char> decimal = {};  ///< of numbers such as 1,234 that may have either separator
  std::optional<DateOrder> date_order = {};  ///< of dates such as 3/4/2024 that may have either
  /// Everything that would be a warning is an error.
  bool strict = false;
};

/// Limits; a table that exceeds kMaxColumns or kMaxFieldBytes is an error.
inline constexpr std::size_t kMaxColumns = 4096;
inline constexpr std::size_t kMaxFieldBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxDistinct = 65536;  ///< texts in the dictionary of a column

/// Parses `text`, the content of the file named `where`. The separator (`,` `;` tab `|`) is
/// detected, or named by a first line `sep=;`; a BOM is skipped; quotes are as in RFC 4180, or
/// escaped by backslashes; lines end with LF or CRLF; empty lines are skipped. Read with a warning:
/// lines above the header, comment lines, a footer, rows with fewer fields than the header or with
/// empty fields too many, a name that occurs twice (it gets a suffix), and a missing header. Throws
/// Error(bad_input) with the line for: an empty file, a header without rows, a row with too many
/// fields, an unclosed quote, a NUL byte, invalid UTF-8, and the limits above. The result does not
/// depend on the number of cores.
RawTable read_csv(std::string_view text, std::string where, const CsvOptions& options = {});

/// Reads a table in parts of some thousand rows, so that large tables need little memory. Each part
/// has its own dictionaries and may be empty. Thread-safe: several threads may call read().
class CsvParts {
 public:
  /// Throws the errors of read_csv() for the header, the text as a whole and a table without rows.
  /// `text` must outlive the object. A part has about `part_bytes` bytes.
  CsvParts(std::string_view text, std::string where, const CsvOptions& options,
           std::size_t part_bytes);
  ~CsvParts();

  std::size_t count() const;
  /// What had to be assumed about the text as a whole. Those about rows are in the parts.
  const std::vector<Warning>& warnings() const;
  std::vector<std::string> names() const;
  /// Throws Error(bad_input) for errors in the rows of this part.
  RawTable read(std::size_t part) const;
  /// Appends the row that begins at the byte `offset` as fields between commas, one for each
  /// column.
  void append_row(std::string& out, std::uint64_t offset) const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

/// `text` as a field: quoted if it has a comma, a quote or a line end.
std::string csv_field(std::string_view text);

/// The line of a byte offset in `text`, for messages: `file.csv, line 17`.
std::string line_at(std::string_view text, std::size_t offset, std::string_view where);

}  // namespace vitrine::data
