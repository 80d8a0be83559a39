// Small text functions that every layer needs.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// ASCII letters in lower case; every other byte stays as it is.
std::string lower_ascii(std::string_view text);

/// Without the ASCII blanks (space, tab, CR, LF, VT, FF) at both ends.
std::string_view trimmed(std::string_view text);

/// `a, b and c`; more than `limit` items end in `and N more`.
std::string listed(std::span<const std::string> items, std::size_t limit = 8);

/// The candidate nearest to `text` by edit distance, without regard to case, if
/// it is near enough to be a slip of the finger (at most a third of its length).
std::optional<std::string> closest(std::string_view text, std::span<const std::string> candidates);

/// `did you mean 'X'?` and a blank, or nothing.
std::string did_you_mean(std::string_view text, std::span<const std::string> candidates);

/// 1234567 -> "1,234,567".
std::string with_commas(std::size_t number);

/// `1 row`, `2 rows`: the number with commas and the noun in the right form.
std::string counted(std::size_t number, std::string_view noun);

}  // namespace vitrine
