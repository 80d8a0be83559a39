// Converts texts in other encodings to UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine::data {

/// The encoding of a text that is not plain UTF-8: "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"
/// by a byte order mark or by the zeros of ASCII letters; "WINDOWS-1252" (or "ISO-8859-1", if it
/// has bytes that Windows does not use) for bytes that are not UTF-8. nullopt for UTF-8, and for
/// UTF-8 with a few invalid bytes, which is a damaged text and not another encoding. Thread-safe.
std::optional<std::string> other_encoding(std::string_view bytes);

/// The text in UTF-8, without a byte order mark. `encoding` is a name that iconv(3) knows. Throws
/// Error(usage) for an unknown encoding (some systems lack most of them), and Error(bad_input) with
/// the byte for a text that is not of this encoding. Thread-safe.
std::string to_utf8(std::string_view bytes, const std::string& encoding, const std::string& where);

}  // namespace vitrine::data
