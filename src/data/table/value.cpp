#include "data/table/value.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/text.h"

namespace vitrine::data {

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

namespace {

/// The fast path for most numbers in tables: up to 15 digits, an optional point and minus. The
/// digits and the power of ten are exact doubles, so their quotient is the double nearest to the
/// text (Clinger 1990), the same as from_chars returns. nullopt for any other text.
std::optional<double> parse_plain_number(std::string_view text) {
  constexpr std::size_t kMostDigits = 15;
  static constexpr std::array<double, kMostDigits + 1> kPowers{
      1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > kMostDigits + 1) return {};
  std::uint64_t digits = 0;
  std::size_t count = 0;
  std::size_t behind_point = 0;
  bool point = false;
  for (const char c : text) {
    const auto digit = static_cast<unsigned char>(c - '0');
    if (digit <= 9) {
      digits = 10 * digits + digit;
      ++count;
      behind_point += point ? 1 : 0;
    } else if (c == '.' && !point) {
      point = true;
    } else {
      return {};
    }
  }
  if (count == 0 || count > kMostDigits) return {};
  const double value = static_cast<double>(digits) / kPowers[behind_point];
  return negative ? -value : value;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (const auto plain = parse_plain_number(text)) return plain;
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

}  // namespace vitrine::data
