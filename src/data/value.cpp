#include "data/value.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace vitrine {

std::string normalised(std::string_view text) {
  std::string out = lower_ascii(trimmed(text));
  std::ranges::replace(out, ' ', '_');
  return out;
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

bool is_missing(std::string_view text) {
  constexpr std::array<std::string_view, 7> kTokens = {"", "na", "n/a", "nan", "null", "none", "?"};
  text = trimmed(text);
  if (text.size() > 4) return false;
  return std::ranges::find(kTokens, lower_ascii(text)) != kTokens.end();
}

std::optional<double> parse_number(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !(digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9'))) return {};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return {};
  if (error == std::errc::result_out_of_range) return {};
  if (error != std::errc() || std::abs(value) > std::numeric_limits<float>::max()) return {};
  return value;
}

namespace {

template <typename Number>
std::string shortest(Number value) {
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace

std::string number_text(float value) { return shortest(value); }

void append_number(std::string& out, float value) {
  std::array<char, 32> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), result.ptr);
}

std::string number_text(double value) { return shortest(value); }

}  // namespace vitrine
