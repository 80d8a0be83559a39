// The white list of global names in pickles, and Python's text escapes.
#pragma once

#include <string>
#include <string_view>

namespace vitrine::interop {

/// Maps a Python global, which has another module path in some versions, to one name
/// (`sklearn.LogisticRegression`, `numpy.dtype`). Returns an empty string for a name that is not on
/// the white list.
std::string white_listed_name(std::string_view module, std::string_view name);

/// The supported classes as text for error messages.
std::string white_list_text();

/// Undoes the escapes of Python's repr (`\x41`, `\n`), or with `unicode` those of
/// raw-unicode-escape
/// (`\u0041`). Throws std::invalid_argument.
std::string unescape_python(std::string_view text, bool unicode);

/// Encodes as Latin-1: each character as one byte. Throws std::invalid_argument for a character
/// above U+00FF.
std::string latin1_of(std::string_view utf8);

}  // namespace vitrine::interop
