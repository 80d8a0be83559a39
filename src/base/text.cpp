#include "base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace vitrine {

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return text.substr(0, 0);
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

std::string listed(std::span<const std::string> items, std::size_t limit) {
  std::string out;
  const std::size_t show = std::min(items.size(), limit);
  for (std::size_t i = 0; i < show; ++i) {
    if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
    out += items[i];
  }
  if (items.size() > show) out += " and " + std::to_string(items.size() - show) + " more";
  return out;
}

namespace {

/// Insertions, deletions, substitutions and swaps of neighbours (optimal string
/// alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> closest(std::string_view text, std::span<const std::string> candidates) {
  constexpr std::size_t kLongest = 200;  // distance is quadratic
  if (text.size() > kLongest) return std::nullopt;
  const std::string wanted = lower_ascii(text);
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    const std::size_t distance = edit_distance(wanted, lower_ascii(candidate));
    if (distance < best_distance && distance < wanted.size()) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view text, std::span<const std::string> candidates) {
  const auto best = closest(text, candidates);
  return best ? "did you mean '" + *best + "'? " : "";
}

std::string short_number(double x) {
  constexpr double kThousand = 1000;
  constexpr double kMost = 1e15;
  if (!(std::abs(x) >= kThousand && std::abs(x) < kMost)) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.4g", x);
    return text.data();
  }
  return (x < 0 ? "-" : "") + with_commas(static_cast<std::size_t>(std::llround(std::abs(x))));
}

std::string with_commas(std::size_t number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string counted(std::size_t number, std::string_view noun) {
  return with_commas(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::vector<std::string> percentages(std::span<const std::uint64_t> counts) {
  constexpr std::uint64_t kParts = 1000;  // tenths of a percent
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  std::vector<std::uint64_t> tenths(counts.size(), 0);
  std::vector<std::size_t> order(counts.size());
  std::uint64_t given = 0;
  for (std::size_t i = 0; sum > 0 && i < counts.size(); ++i) {
    order[i] = i;
    tenths[i] = counts[i] * kParts / sum;
    given += tenths[i];
  }
  if (sum > 0) {
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
      const std::uint64_t of_a = counts[a] * kParts % sum;
      const std::uint64_t of_b = counts[b] * kParts % sum;
      return of_a != of_b ? of_a > of_b : counts[a] < counts[b];
    });
    for (std::size_t i = 0; given < kParts; ++i, ++given) ++tenths[order[i]];
  }
  std::vector<std::string> out;
  for (const std::uint64_t one : tenths) {
    out.push_back(std::to_string(one / 10) + "." + std::to_string(one % 10) + " %");
  }
  return out;
}

}  // namespace vitrine
