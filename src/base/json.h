// JSON as a tree, for cards and reports (simdjson parses requests).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace vitrine {

/// Keys keep the order in which they were added.
using Json = nlohmann::ordered_json;

/// Rounds `value` to `digits` significant decimal digits; infinities and NaN are unchanged.
double rounded(double value, int digits = 6);

}  // namespace vitrine
