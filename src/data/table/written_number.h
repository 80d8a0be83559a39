// A text that holds one number, taken apart into sign, units and digits; what the separators
// between the digits mean is decided by number_format.h. All functions are thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine::data {

/// A text that holds one number.
struct Written {
  bool negative = false;
  bool plus = false;
  std::string limit;          ///< the signs of a limit: "<", ">=", "+" (behind); empty without
  std::string digits;         ///< digits and separators; blanks as ` `, apostrophes as `'`
  std::string_view exponent;  ///< "e-5", or empty
  std::string before;         ///< units in lower case, or empty
  std::string behind;
};

/// nullopt if the text does not hold exactly one number, with at most one unit on each side.
/// `exponent` is a view of `text`.
std::optional<Written> take_apart(std::string_view text);

/// True if `word` is one of the words of `words`, which begins and ends with a blank.
bool is_word_of(std::string_view words, std::string_view word);

// Units are in lower case, as in Written.

/// The first spelling of the currency of a unit; empty if it is none.
std::string_view currency_of(std::string_view unit);
bool is_currency(std::string_view unit);
bool is_percent(std::string_view unit);

/// What a letter or word behind a number multiplies it with; 0 for other units.
double scale_of(std::string_view unit);

/// True for letters that are units of measurement as well: metres, bytes.
bool may_be_other_unit(std::string_view unit);

}  // namespace vitrine::data
