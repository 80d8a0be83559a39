#include "base/error.h"

#include <algorithm>

namespace vitrine {

Error::Error(ErrorKind kind, std::string message, std::string where, std::string hint,
             std::string field)
    : std::runtime_error(message + " (" + where + "): " + hint),
      kind(kind),
      message(std::move(message)),
      where(std::move(where)),
      hint(std::move(hint)),
      field(std::move(field)) {}

Error Error::at(std::string place) const {
  Error out(kind, message, std::move(place), hint, field);
  out.faults = faults;
  return out;
}

void unknown_kind(const char* what, long number) {
  throw std::logic_error(std::string("there is no ") + what + " of number " +
                         std::to_string(number));
}

namespace {

/// The bytes of the UTF-8 character at the beginning of `text` (RFC 3629: the shortest form, no
/// surrogates, at most U+10FFFF); 0 if there is none.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xC2 && first <= 0xDF   ? 2
                           : first >= 0xE0 && first <= 0xEF ? 3
                           : first >= 0xF0 && first <= 0xF4 ? 4
                                                            : 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool valid = first == 0xE0   ? byte(1) >= 0xA0
                     : first == 0xED ? byte(1) < 0xA0
                     : first == 0xF0 ? byte(1) >= 0x90
                     : first == 0xF4 ? byte(1) < 0x90
                                     : true;
  return valid ? size : 0;
}

}  // namespace

std::string shown(std::string_view text, std::size_t limit) {
  std::string out(text.substr(0, limit));
  if (text.size() > limit) {
    while (!out.empty() && (static_cast<unsigned char>(text[out.size()]) & 0xC0) == 0x80) {
      out.pop_back();
    }
    out += "...";
  }
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t size = character_bytes(std::string_view(out).substr(at));
    const bool control = static_cast<unsigned char>(out[at]) < 0x20 || out[at] == 0x7F;
    if (size == 0 || control) out[at] = '?';
    at += std::max<std::size_t>(size, 1);
  }
  return out;
}

}  // namespace vitrine
