// Reads a training table from JSON: lines of objects, or an array of objects.
#pragma once

#include <string>
#include <string_view>

#include "data/table/raw_table.h"

namespace vitrine::data {

/// True if the text begins as JSON does: `{` or `[`.
bool is_json_text(std::string_view text);

/// The table of JSON lines, of objects one after another over several lines each, or of one JSON
/// array. A column is a key of any object, in order of
/// appearance; a key that an object lacks and null are empty cells. Numbers and booleans are texts
/// as they are written. Throws Error(bad_input) with the line for a value that is an array or an
/// object, a key that occurs twice, and more than kMaxColumns keys; Error(malformed) for invalid
/// JSON. Options about headers do not apply.
RawTable read_json_table(std::string_view text, std::string where, const ReadOptions& options = {});

}  // namespace vitrine::data
