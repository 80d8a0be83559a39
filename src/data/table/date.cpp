#include "data/table/date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "base/text.h"

namespace vitrine::data {
namespace {

constexpr std::array kOrders{DateOrder::year_month_day, DateOrder::day_month_year,
                             DateOrder::month_day_year};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/// Takes at most `most` digits from the start of `text`; -1 if there are none.
int take_number(std::string_view& text, std::size_t most) {
  std::size_t size = 0;
  while (size < std::min(text.size(), most) && is_digit(text[size])) ++size;
  int number = -1;
  std::from_chars(text.data(), text.data() + size, number);
  text.remove_prefix(size);
  return number;
}

bool take(std::string_view& text, std::string_view any) {
  if (text.empty() || !any.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

/// 1 to 12 for the first three letters, or all, of an English month; else 0.
int month_named(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths{
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  const std::string lower = lower_ascii(word);
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (lower == kMonths[i] || lower == kMonths[i].substr(0, 3)) return static_cast<int>(i) + 1;
  }
  return lower == "sept" ? 9 : 0;
}

/// The parts of a date, as they stand.
struct Parts {
  std::array<int, 3> numbers{};
  std::array<std::size_t, 3> digits{};
  int named_month = -1;  ///< the part that is the name of a month
};

/// Takes three parts from the start of `text`.
std::optional<Parts> take_parts(std::string_view& text) {
  Parts parts;
  if (text.size() >= 8 && std::all_of(text.begin(), text.begin() + 8, is_digit) &&
      (text.size() == 8 || !is_digit(text[8]))) {
    // Eight digits: the order is known from the parts that are asked for.
    parts.digits = {8, 0, 0};
    parts.numbers[0] = take_number(text, 8);
    return parts;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (i > 0) {
      const std::size_t before = text.size();
      while (take(text, "-/., ")) {
      }
      if (text.size() == before) return {};
    }
    if (!text.empty() && is_letter(text.front())) {
      std::size_t size = 0;
      while (size < text.size() && is_letter(text[size])) ++size;
      parts.numbers[i] = month_named(text.substr(0, size));
      if (parts.numbers[i] == 0 || parts.named_month >= 0) return {};
      parts.named_month = static_cast<int>(i);
      text.remove_prefix(size);
      continue;
    }
    const std::size_t before = text.size();
    parts.numbers[i] = take_number(text, 4);
    parts.digits[i] = before - text.size();
    if (parts.digits[i] == 0) return {};
  }
  return parts;
}

/// The day of the parts in this order.
std::optional<std::chrono::sys_days> day_of(Parts parts, DateOrder order) {
  if (parts.digits[0] == 8) {
    const int all = parts.numbers[0];
    parts.digits = {4, 2, 2};
    parts.numbers = {all / 10000, all / 100 % 100, all % 100};
    if (order != DateOrder::year_month_day) {
      parts.digits = {2, 2, 4};
      parts.numbers = {all / 1000000, all / 10000 % 100, all % 10000};
    }
  }
  std::array<std::size_t, 3> place{0, 1, 2};  // of year, month, day
  if (order == DateOrder::day_month_year) place = {2, 1, 0};
  if (order == DateOrder::month_day_year) place = {2, 0, 1};
  if (parts.named_month >= 0 && static_cast<std::size_t>(parts.named_month) != place[1]) return {};
  int year = parts.numbers[place[0]];
  const std::size_t year_digits = parts.digits[place[0]];
  if (year_digits != 4 && year_digits != 2) return {};
  if (parts.digits[place[1]] > 2 || parts.digits[place[2]] > 2) return {};
  constexpr int kFirst = 70;
  if (year_digits == 2) {
    if (order == DateOrder::year_month_day) return {};  // 12-05-03 is no year first
    year += year < kFirst ? 2000 : 1900;
  }
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(static_cast<unsigned>(parts.numbers[place[1]])),
      std::chrono::day(static_cast<unsigned>(parts.numbers[place[2]]))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date);
}

/// Takes the seconds of `13:45:07.25`, with AM or PM; nullopt if there is no time.
std::optional<double> take_time(std::string_view& text) {
  const int hour = take_number(text, 2);
  if (hour < 0 || !take(text, ":")) return {};
  const int minute = take_number(text, 2);
  double second = 0;
  if (take(text, ":")) {
    second = take_number(text, 2);
    if (second < 0) return {};
    if (take(text, ".,")) {
      double scale = 0.1;
      for (; !text.empty() && is_digit(text.front()); scale /= 10) {
        second += scale * (text.front() - '0');
        text.remove_prefix(1);
      }
    }
  }
  int hours = hour;
  std::string_view rest = trimmed(text);
  const std::string half = lower_ascii(rest.substr(0, 2));
  if (half == "am" || half == "pm") {
    if (hour < 1 || hour > 12) return {};
    hours = hour % 12 + (half == "pm" ? 12 : 0);
    text = rest.substr(2);
  }
  if (hours > 24 || minute < 0 || minute > 59 || second > 60) return {};
  return hours * 3600.0 + minute * 60.0 + second;
}

/// The seconds that a zone is before UTC; nullopt if the text is no zone.
std::optional<double> zone_of(std::string_view text) {
  text = trimmed(text);
  const std::string lower = lower_ascii(text);
  if (lower.empty() || lower == "z" || lower == "utc" || lower == "gmt") return 0;
  const bool minus = text.front() == '-';
  if (!take(text, "+-")) return {};
  const int hour = take_number(text, 2);
  take(text, ":");
  const int minute = text.empty() ? 0 : take_number(text, 2);
  if (hour < 0 || hour > 14 || minute < 0 || minute > 59 || !text.empty()) return {};
  const double seconds = hour * 3600.0 + minute * 60.0;
  return minus ? -seconds : seconds;
}

}  // namespace

std::optional<double> parse_date(std::string_view text, DateOrder order) {
  text = trimmed(text);
  const auto parts = take_parts(text);
  if (!parts) return {};
  const auto day = day_of(*parts, order);
  if (!day) return {};
  const auto seconds = static_cast<double>(
      std::chrono::duration_cast<std::chrono::seconds>(day->time_since_epoch()).count());
  if (text.empty()) return seconds;
  if (!take(text, "T ")) return {};
  text = trimmed(text);
  const auto time = take_time(text);
  if (!time) return {};
  const auto zone = zone_of(text);
  if (!zone) return {};
  return seconds + *time - *zone;
}

FoundDates find_date_order(std::span<const CountedText> texts) {
  std::array<std::uint64_t, kOrders.size()> rows{};
  for (std::size_t i = 0; i < kOrders.size(); ++i) {
    for (const CountedText& one : texts) {
      if (parse_date(one.text, kOrders[i])) rows[i] += one.rows;
    }
  }
  const auto best = static_cast<std::size_t>(std::ranges::max_element(rows) - rows.begin());
  FoundDates out{.order = kOrders[best], .rows = rows[best]};
  for (std::size_t i = 0; i < kOrders.size(); ++i) {
    if (i == best || rows[i] != rows[best] || rows[best] == 0) continue;
    out.ambiguous =
        out.ambiguous || std::ranges::any_of(texts, [&](const CountedText& one) {
          return parse_date(one.text, kOrders[i]) != parse_date(one.text, kOrders[best]);
        });
  }
  return out;
}

}  // namespace vitrine::data
