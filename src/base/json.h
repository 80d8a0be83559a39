// JSON as a tree, for cards and reports (requests are read by simdjson).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace vitrine {

/// Keeps the order in which keys were added.
using Json = nlohmann::ordered_json;

/// A number for people and cards: rounded to `digits` significant digits.
double rounded(double value, int digits = 6);

}  // namespace vitrine
