// Interprets the text of a cell. Training, evaluation, prediction and the server share these rules
// for comparing texts, for missing values and for numbers. All functions are thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine::data {

/// The form in which texts are compared: without blanks at both ends, ASCII letters in lower case,
/// each space as `_`. Other bytes are unchanged.
std::string normalised(std::string_view text);

bool is_utf8(std::string_view text);

/// True for empty text, blanks, and NA, N/A, NaN, null, none and ? in any case.
bool is_missing(std::string_view text);

/// A finite decimal number (`-1`, `+2.5`, `1e-3`), with optional blanks around it. nullopt for
/// hexadecimal numbers, `inf`, `1,234` and numbers beyond the range of float.
std::optional<double> parse_number(std::string_view text);

/// The shortest text that parses to the same number.
std::string number_text(float value);
void append_number(std::string& out, float value);
std::string number_text(double value);

}  // namespace vitrine::data
