// Base64 as in RFC 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine {

/// The bytes that `text` stands for; padding may be absent, line ends may be in it.
/// Nothing for other characters or a broken end.
std::optional<std::string> decode_base64(std::string_view text);

/// One line, padded.
std::string encode_base64(std::string_view bytes);

}  // namespace vitrine
