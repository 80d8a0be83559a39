// ARFF, the format of Weka: https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/
#pragma once

#include <string>
#include <string_view>

namespace vitrine::data {

/// True if the text begins with `@relation`, comments (`%`) and empty lines apart.
bool is_arff(std::string_view text);

/// The table as CSV, with the same number of lines before each row, so that errors name the right
/// line. `?` (missing) becomes an empty field. Throws Error(bad_input) with the line for sparse
/// data
/// (`{1 x, 3 y}`), a missing `@data`, and an attribute without a name.
std::string csv_of_arff(std::string_view text, const std::string& where);

}  // namespace vitrine::data
