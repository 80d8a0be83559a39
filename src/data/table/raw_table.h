// A table as read from any source, before the kinds of its columns are inferred.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/table/date.h"
#include "data/table/number_format.h"
#include "data/table/warning.h"

namespace vitrine::data {

/// One column as read, before its kind is inferred. The cells are stored in one of three forms:
/// - dictionary: `codes[row]` is an index into `texts`;
/// - numbers: more than kMaxDistinct different values, mostly numbers or dates: `numbers[row]`, NaN
///   for other cells, whose text is in `strays`;
/// - free text: too many different texts that are no sentences, or a column that was not requested;
///   cells are not kept.
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
  std::string unreadable = {};       ///< form free_text: why, if not for too many different texts
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

struct RawTable {
  std::string where;   ///< the file's name, for messages
  char separator = 0;  ///< of delimited text; 0 for others
  bool header = true;  ///< false: the names are column_1, column_2, ...
  std::size_t rows = 0;
  std::vector<RawColumn> columns;
  /// The text that it was read from, which must outlive the table; empty if the source is no text.
  std::string_view text;
  /// The byte offset of each row in the text; else its place among all rows of the source.
  std::vector<std::uint64_t> row_offsets;
  CsvRowNotes row_notes;
  std::vector<Warning> warnings;  ///< what had to be assumed about the text, and about rows
  /// If asked for: the SHA-256 of the file's bytes, of the cells of a database, or of the digests
  /// of several sources.
  std::string digest = {};
  /// The sources of the rows, if there are several. `row_offsets` has the line or the row in them.
  struct Piece {
    std::string where;
    bool lines = false;         ///< the source is a text
    std::size_t first_row = 0;  ///< of the table
  };
  std::vector<Piece> pieces = {};

  /// The column of this name: the exact name first, then the only one that equals it without
  /// regard to case, with a space equal to `_`. Null if there is none.
  const RawColumn* find(std::string_view name) const;
  std::vector<std::string> names() const;
  /// Where a row is, for messages: "table.csv, line 17", "table.parquet, row 16".
  std::string place_of(std::size_t row) const;
};

/// A cell as text; of a column that was kept.
std::string cell_text(const RawColumn& column, std::size_t row);

/// "the first line looks like a row, not like names; ..." if the table has no header, else empty.
std::string no_header_hint(const RawTable& table);

/// A column that is read as numbers or dates at once, without a dictionary.
struct NumberKey {
  std::string key;
  NumberFormat format = {};
  std::optional<DateFormat> dates = {};
};

/// How to read a table. What a source does not have, such as a header, is ignored.
struct ReadOptions {
  /// True: keep all texts of a column (for prediction). False: do not keep columns with more than
  /// kMaxDistinct different texts, which training drops, unless most are sentences.
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
  /// The names of the columns of a table without a header that has as many.
  std::vector<std::string> names = {};
  /// Columns whose texts are kept, however many different ones there are.
  std::vector<std::string> text_keys = {};
  /// Columns that stay dictionaries of texts, however many different ones there are.
  std::vector<std::string> id_keys = {};
  bool plain_numbers = false;            ///< RawColumn::plain_numbers of all columns
  std::vector<bool> plain_columns = {};  ///< the same by place, if not empty
  std::optional<char> separator = {};    ///< of fields; nullopt: detected
  std::optional<char> decimal = {};  ///< of numbers such as 1,234 that may have either separator
  std::optional<DateOrder> date_order = {};  ///< of dates such as 3/4/2024 that may have either
  /// Everything that would be a warning is an error.
  bool strict = false;
  bool digest = false;  ///< compute RawTable::digest
};

/// Thrown for a table without rows: of several files, some may have none.
struct NoRowsError : Error {
  NoRowsError(const std::string& message, const std::string& where, const std::string& hint)
      : Error(ErrorKind::bad_input, message, where, hint) {}
};

/// Limits; a table that exceeds kMaxColumns or kMaxFieldBytes is an error.
inline constexpr std::size_t kMaxColumns = 4096;
inline constexpr std::size_t kMaxFieldBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxDistinct = 65536;  ///< texts in the dictionary of a column

/// The line of a byte offset in `text`, for messages: `file.csv, line 17`.
std::string line_at(std::string_view text, std::size_t offset, std::string_view where);

}  // namespace vitrine::data
