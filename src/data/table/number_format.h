// How the numbers of a column are written: 1234.5, 1,234.50, 1.234,5, $1,200, 45 %, (12.5),
// 10,000+. Inference finds one format for a column; the card keeps it. All functions are
// thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace vitrine::data {

/// The default is the plain format: what parse_number(text) accepts, and nothing else.
struct NumberFormat {
  bool plain = true;
  char decimal = '.';              ///< `.` or `,`
  char group = 0;                  ///< `,` `.` `'` `_`, a blank of any kind as ` `, or 0 for none
  std::vector<std::string> units;  ///< accepted before or behind a number: "$", "eur", "%"; sorted
  bool scales = false;             ///< words behind a number are factors: 1.5M, 20K, 3 million

  bool operator==(const NumberFormat&) const = default;
};

/// The number of a text in this format. A format that is not plain also accepts plain numbers, a
/// Unicode minus, parentheses or a minus behind for negative numbers, and limits (`<1000`,
/// `10,000+`), which count as the number itself. nullopt for any other text, an unknown unit, and a
/// number beyond the range of float.
std::optional<double> parse_number(std::string_view text, const NumberFormat& format);

/// A different text of a column and the number of its rows.
struct CountedText {
  std::string_view text;
  std::uint64_t rows = 1;
};

/// The format in which most rows of a column are numbers.
struct FoundFormat {
  NumberFormat format;
  std::uint64_t rows = 0;  ///< rows that are numbers in this format
  std::string example;     ///< a text that shows the format; empty for the plain format
  /// The other decimal separator reads as many rows, but other numbers: `1,234`.
  bool ambiguous = false;
  /// A number has a decimal separator that can't separate thousands.
  bool shows_decimal = false;
};

/// Finds the format. Of formats that read equally many rows, one with `decimal` is preferred if it
/// is not 0, then the plain one, then one with a decimal point. A column has one unit: a currency,
/// per cent, or, in columns of more than kMostCodes different texts, a word behind the number.
FoundFormat find_number_format(std::span<const CountedText> texts, char decimal = 0);

/// So few different values may be codes: texts such as `36 months` are then categories, and whole
/// numbers may be.
inline constexpr std::size_t kMostCodes = 12;

/// The formats of the columns of a table. `find(column, decimal)` is find_number_format() of the
/// column's texts; it runs on all cores. A column that may have either decimal separator follows
/// `decimal`, else most columns that show one; if none does, a comma goes with semicolons between
/// the fields.
std::vector<FoundFormat> find_number_formats(
    std::size_t columns, const std::function<FoundFormat(std::size_t column, char decimal)>& find,
    std::optional<char> decimal, char separator);

/// True if the text holds a number in any format, with any unit.
bool looks_like_number(std::string_view text);

/// "a decimal comma, points between thousands, EUR"; empty for the plain format.
std::string describe(const NumberFormat& format);

/// True for words that programs write for a missing number: `#N/A`, `<NA>`, `-`, `#DIV/0!`. They
/// count as missing only among numbers.
bool is_missing_among_numbers(std::string_view text);

Json to_json(const NumberFormat& format);
/// Throws std::exception if `json` is not the output of to_json().
NumberFormat number_format_from_json(const Json& json);

}  // namespace vitrine::data
