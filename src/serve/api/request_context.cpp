#include "serve/api/request_context.h"

#include <algorithm>
#include <ranges>

#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::serve {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (std::ranges::equal(key, name, {}, lower, lower)) return value;
  }
  return {};
}

std::optional<std::string> RequestContext::parameter(std::string_view name) const {
  for (const auto part : std::views::split(query, '&')) {
    const std::string pair = percent_decoded(std::string_view(part.begin(), part.end()));
    if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

const std::string* RequestContext::part(std::string_view name) const {
  for (const auto& [key, value] : match.parts) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::string percent_decoded(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int high = i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(path[i + 2]) : -1;
    if (path[i] == '%' && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += path[i];
    }
  }
  return out;
}

std::string media_type(std::string_view content_type) {
  return lower_ascii(trimmed(content_type.substr(0, content_type.find(';'))));
}

Duration parse_timeout(std::string_view text) {
  std::string_view digits = trimmed(text);
  double unit = 1;
  if (digits.ends_with("ms")) {
    unit = 0.001;
    digits.remove_suffix(2);
  } else if (digits.ends_with('s')) {
    digits.remove_suffix(1);
  }
  const auto number = data::parse_number(digits);
  if (!number || *number <= 0 || *number * unit > 86400) {
    throw Error(ErrorKind::malformed, "'" + shown(text) + "' is not a time-out",
                "X-Request-Timeout",
                "send seconds, or milliseconds with their unit: 2, 1.5s or 300ms");
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*number * unit));
}

}  // namespace vitrine::serve
