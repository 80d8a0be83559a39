// What one cell of a table means. The only place where text is compared, blanks
// are taken for missing and digits become numbers: training, evaluation,
// prediction and the server all come here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine {

/// The form in which texts are compared: without the blanks at both ends, ASCII
/// letters in lower case, each space as `_`. Other bytes stay as they are.
std::string normalised(std::string_view text);

bool is_utf8(std::string_view text);

/// True for nothing, blanks, and NA, N/A, NaN, null, none and ? in any case.
bool is_missing(std::string_view text);

/// A finite decimal number (`-1`, `+2.5`, `1e-3`), blanks around it allowed.
/// Hexadecimal, `inf`, `1,234` and numbers beyond the range of float are none.
std::optional<double> parse_number(std::string_view text);

/// The shortest text that reads back as the same number.
std::string number_text(float value);
void append_number(std::string& out, float value);
std::string number_text(double value);

}  // namespace vitrine
