// The names that a pickle may use, and how Python writes text.
#pragma once

#include <string>
#include <string_view>

namespace vitrine {

/// The one name by which this program knows a Python name of any year
/// (`sklearn.LogisticRegression`, `numpy.dtype`), or nothing for a name that is
/// not on the white list.
std::string white_listed_name(std::string_view module, std::string_view name);

/// The models on the white list, for people.
std::string white_list_text();

/// Undoes the escapes of Python's repr (`\x41`, `\n`), or of
/// raw-unicode-escape (`\u0041`). Throws std::invalid_argument.
std::string unescape_python(std::string_view text, bool unicode);

/// Each character (at most U+00FF) as one byte. Throws std::invalid_argument.
std::string latin1_of(std::string_view utf8);

}  // namespace vitrine
