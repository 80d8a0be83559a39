// JSON as a tree, for cards and reports (simdjson parses requests).
#pragma once

#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace vitrine {

/// Keys keep the order in which they were added.
using Json = nlohmann::ordered_json;

/// The JSON as text, in one line or with `indent` spaces a level. Bytes that are not UTF-8 become
/// U+FFFD (Json::dump throws at them).
std::string to_text(const Json& json, int indent = -1);

/// `text` as a JSON string, with its quotation marks.
std::string json_text(std::string_view text);

/// Rounds `value` to `digits` significant decimal digits; infinities and NaN are unchanged.
double rounded(double value, int digits = 6);

/// The value of a whole number in the range of T. Throws Json::exception for anything else, such as
/// 1e30, which `get<T>()` would convert with undefined behaviour.
template <std::integral T>
T whole_number(const Json& json) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (std::in_range<T>(value)) return static_cast<T>(value);
  } else if (json.is_number_integer()) {
    const auto value = json.get<std::int64_t>();
    if (std::in_range<T>(value)) return static_cast<T>(value);
  }
  throw Json::type_error::create(302,
                                 std::string(json.is_number() ? "a number" : json.type_name()) +
                                     " is not a whole number in range",
                                 &json);
}

}  // namespace vitrine
