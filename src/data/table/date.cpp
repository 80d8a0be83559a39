#include "data/table/date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

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

/// Removes the letters of 1st, 2nd, 3rd, 4th.
void take_ordinal(std::string_view& text) {
  const std::string letters = lower_ascii(text.substr(0, 2));
  const bool ends = text.size() <= 2 || !is_letter(text[2]);
  if (ends && (letters == "st" || letters == "nd" || letters == "rd" || letters == "th")) {
    text.remove_prefix(2);
  }
}

/// The parts of a date, as they stand.
struct Parts {
  std::array<int, 3> numbers{};
  std::array<std::size_t, 3> digits{};
  int named_month = -1;  ///< the part that is the name of a month
  bool no_day = false;   ///< only two parts: a year and a month
};

/// Removes a weekday in front: `Thu, 25 Jul 2024`.
std::string_view without_weekday(std::string_view text) {
  constexpr std::array<std::string_view, 7> kDays{"monday", "tuesday",  "wednesday", "thursday",
                                                  "friday", "saturday", "sunday"};
  std::size_t size = 0;
  while (size < text.size() && is_letter(text[size])) ++size;
  const std::string word = lower_ascii(text.substr(0, size));
  const bool is_day = std::ranges::any_of(
      kDays, [&](std::string_view day) { return word == day || word == day.substr(0, 3); });
  if (!is_day || size == text.size()) return text;
  text.remove_prefix(size);
  return text.substr(std::min(text.size(), text.find_first_not_of(", ")));
}

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
  bool month_may_end = true;  // a number such as 7.2024 is no month
  for (std::size_t i = 0; i < 3; ++i) {
    if (i == 2 && text.empty() && month_may_end) {
      parts.no_day = true;
      return parts;
    }
    if (i > 0) {
      const std::size_t before = text.size();
      while (!text.empty()) {
        const char separator = text.front();
        if (!take(text, "-/., ")) break;
        month_may_end = month_may_end && separator != '.' && separator != ',';
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
    take_ordinal(text);
  }
  return parts;
}

/// Completes a year and a month to the first day of the month. Returns false if they are none.
bool add_first_day(Parts& parts, DateOrder order) {
  const std::size_t year = order == DateOrder::year_month_day ? 0 : 1;
  const bool short_year = parts.digits[year] == 2 && parts.named_month == 0;  // Jul-24
  if (parts.digits[year] != 4 && !short_year) return false;
  if (order == DateOrder::year_month_day) {
    parts.numbers[2] = 1;
    parts.digits[2] = 1;
    return true;
  }
  // The month and the year: the day goes before or between them.
  const std::size_t month = order == DateOrder::day_month_year ? 1 : 0;
  if (parts.named_month >= 0) parts.named_month = static_cast<int>(month);
  parts.numbers = {parts.numbers[0], parts.numbers[0], parts.numbers[1]};
  parts.digits = {parts.digits[0], parts.digits[0], parts.digits[year]};
  parts.numbers[1 - month] = 1;
  parts.digits[1 - month] = 1;
  return true;
}

/// nullopt if the calendar does not have the day.
std::optional<std::chrono::sys_days> calendar_day(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date);
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
  if (parts.no_day && !add_first_day(parts, order)) return {};
  std::array<std::size_t, 3> place{0, 1, 2};  // of year, month, day
  if (order == DateOrder::day_month_year) place = {2, 1, 0};
  if (order == DateOrder::month_day_year) place = {2, 0, 1};
  if (parts.named_month >= 0 && static_cast<std::size_t>(parts.named_month) != place[1]) return {};
  int year = parts.numbers[place[0]];
  const std::size_t year_digits = parts.digits[place[0]];
  if (year_digits != 4 && year_digits != 2) return {};
  if (parts.digits[place[1]] > 2 || parts.digits[place[2]] > 2) return {};
  constexpr int kFirst = 40;
  if (year_digits == 2) {
    if (order == DateOrder::year_month_day) return {};  // 12-05-03 is no year first
    year += year < kFirst ? 2000 : 1900;
  }
  return calendar_day(year, parts.numbers[place[1]], parts.numbers[place[2]]);
}

/// Takes the seconds of `13:45:07.25`, with AM or PM; nullopt if there is no time.
std::optional<double> take_time(std::string_view& text) {
  const int hour = take_number(text, 2);
  if (hour < 0) return {};
  const bool compact = !text.empty() && is_digit(text.front());  // 134507
  if (!compact && !take(text, ":")) return {};
  const int minute = take_number(text, 2);
  double second = 0;
  if (compact ? !text.empty() && is_digit(text.front()) : take(text, ":")) {
    second = take_number(text, 2);
    if (second < 0) return {};
    if (take(text, ".,")) {
      const std::size_t before = text.size();
      const int digits = take_number(text, 9);
      if (digits > 0) second += digits / std::pow(10.0, static_cast<double>(before - text.size()));
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

/// A day and a time on the clock of the writer.
struct WallTime {
  std::int64_t day = 0;  ///< since 1970-01-01
  double second = 0;     ///< of the day
  double zone = 0;       ///< seconds before UTC
};

std::optional<WallTime> parse_wall_time(std::string_view text, DateOrder order) {
  text = without_weekday(trimmed(text));
  const auto parts = take_parts(text);
  if (!parts) return {};
  const auto day = day_of(*parts, order);
  if (!day) return {};
  const std::int64_t days = day->time_since_epoch().count();
  if (text.empty()) return WallTime{days};
  if (text == ".") return WallTime{days};
  if (!take(text, "Tt :,")) return {};
  text = trimmed(text);
  const auto time = take_time(text);
  if (!time) return {};
  const auto zone = zone_of(text);
  if (!zone) return {};
  return WallTime{days, *time, *zone};
}

constexpr double kSecondsOfDay = 86400;
/// A day and a time of day, which is rounded to milliseconds: the text of a date has no more.
double days_at(double day, double second) {
  return day + std::round(second * 1000) / 1000 / kSecondsOfDay;
}

std::optional<double> before_never(double days) {
  return days < kNever ? std::optional(days) : std::nullopt;
}

constexpr std::array<std::pair<std::string_view, DateOrder>, 3> kOrderNames{
    {{"year_month_day", DateOrder::year_month_day},
     {"day_month_year", DateOrder::day_month_year},
     {"month_day_year", DateOrder::month_day_year}}};
constexpr std::array<std::pair<std::string_view, DateFormat::Form>, 4> kFormNames{
    {{"text", DateFormat::Form::text},
     {"digits", DateFormat::Form::digits},
     {"seconds", DateFormat::Form::seconds},
     {"milliseconds", DateFormat::Form::milliseconds}}};

template <typename Names, typename Value>
std::string_view name_among(const Names& names, Value value) {
  for (const auto& [name, one] : names) {
    if (one == value) return name;
  }
  unknown_kind("date format", value);
}

template <typename Names>
auto named_among(const Names& names, const std::string& name) {
  for (const auto& [known, value] : names) {
    if (known == name) return value;
  }
  throw std::invalid_argument("a date column has the unknown format '" + shown(name) + "'");
}

}  // namespace

std::optional<double> parse_date(std::string_view text, DateOrder order) {
  const auto wall = parse_wall_time(text, order);
  if (!wall) return {};
  return static_cast<double>(wall->day) * kSecondsOfDay + wall->second - wall->zone;
}

std::optional<double> parse_days(std::string_view text, const DateFormat& format) {
  if (format.form != DateFormat::Form::text) {
    if (const auto number = parse_number(text)) return days_of_number(*number, format);
  }
  auto wall = parse_wall_time(text, format.order);
  if (!wall && format.order != DateOrder::year_month_day) {
    wall = parse_wall_time(text, DateOrder::year_month_day);
  }
  if (!wall) return {};
  return before_never(days_at(static_cast<double>(wall->day), wall->second));
}

bool means_no_date(std::string_view text, const DateFormat& format) {
  text = trimmed(text);
  if (text.size() >= 8 && text.find_first_not_of("0-/. :T") == std::string_view::npos) return true;
  const auto far = [&](DateOrder order) {
    const auto wall = parse_wall_time(text, order);
    return wall && static_cast<double>(wall->day) >= kNever;
  };
  if (format.form == DateFormat::Form::digits) {
    const auto number = parse_number(text);
    return number && *number >= 90000101 && *number <= 99991231;
  }
  return far(format.order) || far(DateOrder::year_month_day);
}

std::optional<double> days_of_number(double number, const DateFormat& format) {
  double days = 0;
  switch (format.form) {
    case DateFormat::Form::text:
      return {};
    case DateFormat::Form::digits: {
      if (number != std::floor(number) || number < 10000101 || number > 99991231) return {};
      const auto all = static_cast<int>(number);
      const auto day = calendar_day(all / 10000, all / 100 % 100, all % 100);
      if (!day) return {};
      days = static_cast<double>(day->time_since_epoch().count());
      break;
    }
    case DateFormat::Form::seconds:
    case DateFormat::Form::milliseconds: {
      const double seconds = format.form == DateFormat::Form::seconds ? number : number / 1000;
      if (!(std::abs(seconds) < -kFirstDay * kSecondsOfDay)) return {};
      const double day = std::floor(seconds / kSecondsOfDay);
      days = days_at(day, seconds - day * kSecondsOfDay);
      break;
    }
  }
  return before_never(days);
}

std::string date_text(double days, bool times) {
  if (std::isnan(days)) return {};
  // Within the years that the calendar of the library has.
  double day = std::clamp(std::floor(days), -700000.0, 2932896.0);
  auto milliseconds = std::llround(std::clamp(days - day, 0.0, 1.0) * kSecondsOfDay * 1000);
  constexpr long long kMillisecondsOfDay = 86400000;
  if (milliseconds >= kMillisecondsOfDay) {
    day += 1;
    milliseconds = 0;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(day)))};
  std::string out =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (!times) return out;
  const auto seconds = milliseconds / 1000;
  out += fmt::format("T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (milliseconds % 1000 != 0) out += fmt::format(".{:03}", milliseconds % 1000);
  return out;
}

std::string describe(const DateFormat& format) {
  switch (format.form) {
    case DateFormat::Form::digits:
      return "dates of eight digits";
    case DateFormat::Form::seconds:
      return "seconds since 1970";
    case DateFormat::Form::milliseconds:
      return "milliseconds since 1970";
    case DateFormat::Form::text:
      break;
  }
  switch (format.order) {
    case DateOrder::year_month_day:
      return "dates with the year first";
    case DateOrder::day_month_year:
      return "dates with the day first";
    case DateOrder::month_day_year:
      return "dates with the month first";
  }
  unknown_kind("order of dates", format.order);
}

Json to_json(const DateFormat& format) {
  return {{"form", name_among(kFormNames, format.form)},
          {"order", name_among(kOrderNames, format.order)},
          {"times", format.times}};
}

DateFormat date_format_from_json(const Json& json) {
  return {.form = named_among(kFormNames, json.at("form").get<std::string>()),
          .order = named_among(kOrderNames, json.at("order").get<std::string>()),
          .times = json.at("times").get<bool>()};
}

namespace {

/// True for 2024-07-25, whose year can't be a day.
bool begins_with_year(std::string_view text) {
  text = trimmed(text);
  return text.size() > 4 && text.find_first_not_of("0123456789") == 4;
}

}  // namespace

FoundDates find_date_order(std::span<const CountedText> texts, std::optional<DateOrder> preferred) {
  // As parse_days(), which reads 2024-07-25 in each order.
  const auto parse_date = [](std::string_view text, DateOrder order) {
    return data::parse_date(text, begins_with_year(text) ? DateOrder::year_month_day : order);
  };
  std::array<std::uint64_t, kOrders.size()> rows{};
  for (std::size_t i = 0; i < kOrders.size(); ++i) {
    for (const CountedText& one : texts) {
      if (parse_date(one.text, kOrders[i])) rows[i] += one.rows;
    }
  }
  auto best = static_cast<std::size_t>(std::ranges::max_element(rows) - rows.begin());
  for (std::size_t i = 0; i < kOrders.size(); ++i) {
    if (kOrders[i] == preferred && rows[i] == rows[best]) best = i;
  }
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
