// JSON as simdjson reads it, with errors that say where the text is broken.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "data/row.h"

namespace vitrine {

/// Parses one text at a time; elements live as long as the parser and until its next text.
class JsonParser {
 public:
  /// At most kMaxJsonDepth deep. Throws Error(malformed) with the byte at fault, and
  /// Error(bad_input) for a number out of range.
  simdjson::dom::element parse(std::string_view json);

 private:
  simdjson::dom::parser parser_;
  std::string widened_;
};

}  // namespace vitrine
