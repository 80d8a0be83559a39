// Reads delimited text (RFC 4180, and what programs write that do not know it) into columns, on all
// cores.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/raw_table.h"

namespace vitrine::data {

/// The warnings about rows of `text`, which is called `where`.
std::vector<Warning> warnings_of(const CsvRowNotes& notes, std::string_view text,
                                 const std::string& where);

/// Parses `text`, the content of the file named `where`. The separator (`,` `;` tab `|`) is
/// detected, or named by a first line `sep=;`; a BOM is skipped; quotes are as in RFC 4180, or
/// escaped by backslashes; lines end with LF or CRLF; empty lines are skipped. Read with a warning:
/// lines above the header, comment lines, a footer, rows with fewer fields than the header or with
/// empty fields too many, a name that occurs twice (it gets a suffix), and a missing header. Throws
/// Error(bad_input) with the line for: an empty file, a header without rows, a row with too many
/// fields, an unclosed quote, a NUL byte, invalid UTF-8, and the limits above. The result does not
/// depend on the number of cores.
RawTable read_csv(std::string_view text, std::string where, const ReadOptions& options = {});

/// The rows of a delimited text in parts.
class CsvParts : public TableParts {
 public:
  /// Throws the errors of read_csv() for the header, the text as a whole and a table without rows.
  /// `text` must outlive the object. A part has about `part_bytes` bytes.
  CsvParts(std::string_view text, std::string where, const ReadOptions& options,
           std::size_t part_bytes);
  ~CsvParts() override;

  std::size_t count() const override;
  const std::vector<Warning>& warnings() const override;
  std::vector<std::string> names() const override;
  RawTable read(std::size_t part) const override;
  void append_row(std::string& out, const RawTable& part, std::size_t row) const override;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

/// `text` as a field: quoted if it has a comma, a quote or a line end.
std::string csv_field(std::string_view text);

}  // namespace vitrine::data
