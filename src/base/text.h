// Small text functions for all layers. All are thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// ASCII letters in lower case; every other byte stays as it is.
std::string lower_ascii(std::string_view text);

/// `text` without ASCII whitespace (space, tab, CR, LF, VT, FF) at both ends; a view of `text`.
std::string_view trimmed(std::string_view text);

/// Takes the first line from `rest`, with its line end, and returns it without the LF.
std::string_view take_line(std::string_view& rest);

/// `a, b and c`; a list of more than `limit` items ends in `and N more`.
std::string listed(std::span<const std::string> items, std::size_t limit = 8);

/// The candidate with the smallest edit distance to `text`, ignoring case, if it is close enough
/// to be a typing error (at most a third of the length of `text`, or 1).
std::optional<std::string> closest(std::string_view text, std::span<const std::string> candidates);

/// `did you mean 'X'? ` (with the blank) for closest(), or an empty string.
std::string did_you_mean(std::string_view text, std::span<const std::string> candidates);

/// 1234567 -> "1,234,567".
/// `x` for people, with about four digits: `0.1234`, `56.78`, `12,345`.
std::string short_number(double x);

std::string with_commas(std::size_t number);

/// `1 row`, `2 rows`: the number with commas and the noun in the right form.
std::string counted(std::size_t number, std::string_view noun);

/// The shares of `counts` in percent with one digit behind the point: "70.0 %". They add up to 100:
/// those with the largest remainders, and of equal ones the smaller counts, are rounded up
/// (Hamilton's method). All zeros without a count.
std::vector<std::string> percentages(std::span<const std::uint64_t> counts);

}  // namespace vitrine
