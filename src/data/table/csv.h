// Reads delimited text (RFC 4180, and what programs write that do not know it) into columns, on all
// cores.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/raw_table.h"
#include "data/table/table_reader.h"

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

/// The rows of a delimited text in parts of about `part_bytes` bytes. Throws the errors of
/// read_csv() for the header, the text as a whole and a table without rows. `text` must outlive the
/// object.
std::unique_ptr<TableParts> csv_parts(std::string_view text, std::string where,
                                      const ReadOptions& options, std::size_t part_bytes);

/// `text` as a field: quoted if it has a comma, a quote or a line end.
std::string csv_field(std::string_view text);

/// Appends a row as CSV fields between commas. All columns of `table` are dictionaries.
void append_row_of_texts(std::string& out, const RawTable& table, std::size_t row);

}  // namespace vitrine::data
