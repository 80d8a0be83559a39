// Parses JSON with simdjson; errors name the byte at fault.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "data/table/row.h"

namespace vitrine::data {

/// Parses one text at a time. Elements are valid until the next parse() or the parser's
/// destruction. Not thread-safe.
class JsonParser {
 public:
  /// Throws Error(malformed) with the byte at fault, also for more than kMaxJsonDepth levels, and
  /// Error(bad_input) for a number out of range.
  simdjson::dom::element parse(std::string_view json);

 private:
  simdjson::dom::parser parser_;
  std::string widened_;
};

}  // namespace vitrine::data
