// Base64 as in RFC 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine {

/// Decodes `text`. Missing padding and line breaks are accepted. Returns nullopt for any other
/// character outside the alphabet and for a truncated last group. Thread-safe.
std::optional<std::string> decode_base64(std::string_view text);

/// Encodes `bytes` as one line with padding. Thread-safe.
std::string encode_base64(std::string_view bytes);

}  // namespace vitrine
