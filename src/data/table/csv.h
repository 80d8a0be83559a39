// Reads delimited text (RFC 4180) into columns, on all cores.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitrine::data {

/// One column as read, before its kind is inferred. The cells are stored in one of three forms:
/// - dictionary: `codes[row]` is an index into `texts`;
/// - numbers: more than kMaxDistinct different values, mostly numbers: `numbers[row]`, NaN for
///   other cells, whose text is in `strays`;
/// - free text: too many different texts, or a column that was not requested; cells are not kept.
struct RawColumn {
  enum class Form { dictionary, numbers, free_text };
  struct Stray {
    std::size_t row;
    std::string text;
  };

  std::string name;
  Form form = Form::dictionary;
  std::vector<std::string> texts;    ///< different cells as written, in order of appearance
  std::vector<std::uint32_t> codes;  ///< one for each row
  std::vector<double> numbers;       ///< one for each row
  std::vector<Stray> strays;         ///< in row order; includes missing tokens
};

struct RawTable {
  std::string where;  ///< the file's name, for messages
  char separator = ',';
  std::size_t rows = 0;
  std::vector<RawColumn> columns;
  std::vector<std::uint64_t> row_offsets;  ///< the byte offset of each row in the text

  /// The column whose normalised name is `key`, or null.
  const RawColumn* find(std::string_view key) const;
  std::vector<std::string> names() const;
};

struct CsvOptions {
  /// True: keep all texts of a column (for prediction). False: do not keep columns with more than
  /// kMaxDistinct different texts, which training drops.
  bool keep_all_text = false;
  /// The normalised names of the columns to keep; cells of other columns are only checked. Empty:
  /// all columns are kept.
  std::vector<std::string> keys = {};
  /// Those of them that hold numbers: they are parsed at once, without a dictionary.
  std::vector<std::string> number_keys = {};
  std::size_t max_rows = 0;  ///< more rows are an error; 0: no limit
};

/// Limits; a table that exceeds kMaxColumns or kMaxFieldBytes is an error.
inline constexpr std::size_t kMaxColumns = 4096;
inline constexpr std::size_t kMaxFieldBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxDistinct = 65536;  ///< texts in the dictionary of a column

/// Parses `text`, the content of the file named `where`. The separator (`,` `;` tab `|`) is
/// detected; a BOM is skipped; quotes are as in RFC 4180; lines end with LF or CRLF; empty lines
/// are skipped. Throws Error(bad_input) with the line for: an empty file, a header without rows, a
/// row with another number of fields, an unclosed quote, a NUL byte, invalid UTF-8, a duplicate or
/// numeric header, and the limits above. The result does not depend on the number of cores.
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
  /// Throws Error(bad_input) for errors in the rows of this part.
  RawTable read(std::size_t part) const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

/// The line of a byte offset in `text`, for messages: `file.csv, line 17`.
std::string line_at(std::string_view text, std::size_t offset, std::string_view where);

}  // namespace vitrine::data
