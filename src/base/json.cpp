#include "base/json.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace vitrine {

std::string to_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string json_text(std::string_view text) { return to_text(Json(text)); }

double rounded(double value, int digits) {
  if (!std::isfinite(value)) return value;
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return std::strtod(text, nullptr);
}

}  // namespace vitrine
