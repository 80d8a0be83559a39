// Reading delimited text (RFC 4180) into columns, on all cores.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitrine {

/// One column as read, before anything is known of its meaning. Cells stand in
/// one of three forms:
/// - dictionary: `codes[row]` is an index into `texts`;
/// - numbers: more different values than a dictionary should hold, mostly
///   numbers: `numbers[row]`, NaN for the rest, whose text is in `strays`;
/// - free text: too many different texts, or nobody wants them; the cells were not kept.
struct RawColumn {
  enum class Form { dictionary, numbers, free_text };
  struct Stray {
    std::size_t row;
    std::string text;
  };

  std::string name;
  Form form = Form::dictionary;
  std::vector<std::string> texts;    ///< different cells as written, blanks included, as met
  std::vector<std::uint32_t> codes;  ///< one a row
  std::vector<double> numbers;       ///< one a row
  std::vector<Stray> strays;         ///< in order of rows; missing tokens too
};

struct RawTable {
  std::string where;  ///< the file's name, for messages
  char separator = ',';
  std::size_t rows = 0;
  std::vector<RawColumn> columns;
  std::vector<std::uint64_t> row_offsets;  ///< byte at which each row starts

  /// The column whose normalised name is `key`, or null.
  const RawColumn* find(std::string_view key) const;
  std::vector<std::string> names() const;
};

struct CsvOptions {
  /// Keep every text of a column however many differ (prediction), or give up
  /// on columns with more than kMaxDistinct of them (training drops those).
  bool keep_all_text = false;
  /// Normalised names of the columns that somebody will look at; the cells of others are checked
  /// and not kept. Empty: all are kept.
  std::vector<std::string> keys = {};
  /// Those of them whose cells are numbers: no dictionary is tried first.
  std::vector<std::string> number_keys = {};
  std::size_t max_rows = 0;  ///< more are refused; 0: no limit
};

/// Limits, all refused with a clear error.
inline constexpr std::size_t kMaxColumns = 4096;
inline constexpr std::size_t kMaxFieldBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxDistinct = 65536;  ///< texts a column before it changes form

/// Parses `text`, the content of the file named `where`. The separator is found
/// among `,` `;` tab `|`; a BOM is skipped; quotes as in RFC 4180; lines end in
/// LF or CRLF; empty lines are passed over. Throws Error(bad_input) with the
/// line for: an empty file, a header alone, a ragged row, a quote that is never
/// closed, a NUL byte, invalid UTF-8, a duplicate or numeric header, and the
/// limits above. The result does not depend on the number of cores.
RawTable read_csv(std::string_view text, std::string where, const CsvOptions& options = {});

/// The same table in parts of some thousand rows, for who needs no more than some of them at a
/// time. Each has dictionaries of its own, and may be empty. Threads may read parts at once.
class CsvParts {
 public:
  /// What read_csv() says of the header, the text as a whole and a table without rows is thrown
  /// here. `text` outlives it; a part has about `part_bytes` of it.
  CsvParts(std::string_view text, std::string where, const CsvOptions& options,
           std::size_t part_bytes);
  ~CsvParts();

  std::size_t count() const;
  /// Throws Error(bad_input) for what is wrong with this part's rows.
  RawTable read(std::size_t part) const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

/// `file.csv:17`, for a byte offset in `text`.
std::string line_at(std::string_view text, std::size_t offset, std::string_view where);

}  // namespace vitrine
