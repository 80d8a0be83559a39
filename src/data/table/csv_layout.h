// The layout of delimited text: its dialect, its header, and where its rows begin and end.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/table/csv.h"
#include "data/table/csv_fields.h"

namespace vitrine::data {

struct CsvLayout {
  CsvDialect dialect;
  std::vector<std::string> names;  ///< unique, without blanks at both ends
  std::vector<char> unnamed;       ///< by column: 1 if its name was made
  bool header = true;              ///< false: the first line is a row
  std::string header_line;         ///< as in the text, with its line end; empty without a header
  std::size_t rows_begin = 0;
  std::size_t rows_end = 0;
  std::vector<Warning> warnings;  ///< about everything that is not plain RFC 4180 with a header
};

/// Finds the layout from the first records and the last lines. `has_quotes`, `backslash`: as in
/// CsvDialect. Throws Error(bad_input) as read_csv() does, and for each warning if
/// `options.strict`.
CsvLayout find_layout(const CsvText& input, bool has_quotes, bool backslash,
                      const ReadOptions& options);

}  // namespace vitrine::data
