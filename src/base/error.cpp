#include "base/error.h"

namespace vitrine {

Error::Error(ErrorKind kind, std::string message, std::string where, std::string hint,
             std::string field)
    : std::runtime_error(message + " (" + where + "): " + hint),
      kind(kind),
      message(std::move(message)),
      where(std::move(where)),
      hint(std::move(hint)),
      field(std::move(field)) {}

void unknown_kind(const char* what, long number) {
  throw std::logic_error(std::string("there is no ") + what + " of number " +
                         std::to_string(number));
}

std::string shown(std::string_view text, std::size_t limit) {
  std::string out(text.substr(0, limit));
  if (text.size() > limit) {
    while (!out.empty() && (static_cast<unsigned char>(text[out.size()]) & 0xC0) == 0x80) {
      out.pop_back();
    }
    out += "...";
  }
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

}  // namespace vitrine
