// Dates and times as text. All functions are thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "data/table/number_format.h"

namespace vitrine::data {

/// The order of the parts of a date. The parts stand between `-`, `/`, `.`, blanks or commas, or
/// are eight digits; a month may be an English name; the name of a weekday may stand in front. A
/// month and a year of four digits (`2024-07`, `Jul 2024`) are the first day of the month.
enum class DateOrder { year_month_day, day_month_year, month_day_year };

/// Seconds since 1970-01-01 00:00 UTC; a time without a zone counts as UTC. Behind the date may
/// stand `T` or a blank and a time: `13:45`, `1:45:07.25 PM`, with a zone `Z`, `+02:00` or `-0700`.
/// Two-digit years are 1940 to 2039. nullopt for other texts and for days that do not exist.
std::optional<double> parse_date(std::string_view text, DateOrder order);

struct FoundDates {
  DateOrder order = DateOrder::year_month_day;
  std::uint64_t rows = 0;  ///< rows that are dates in this order
  bool ambiguous = false;  ///< another order reads as many rows, and other dates: 3/4/2024
};

/// The order in which most rows are dates (a date that begins with a year of four digits is one in
/// each order); of two, `preferred`, else the one that is named first
/// above.
FoundDates find_date_order(std::span<const CountedText> texts,
                           std::optional<DateOrder> preferred = {});

/// How the dates of a column are written.
struct DateFormat {
  enum class Form {
    text,         ///< in `order`
    digits,       ///< numbers such as 20240725
    seconds,      ///< since 1970-01-01 00:00
    milliseconds  ///< the same
  };
  Form form = Form::text;
  DateOrder order = DateOrder::year_month_day;  ///< form text
  bool times = false;                           ///< some have a time of day

  bool operator==(const DateFormat&) const = default;
};

/// Matches the ISO days of the calendar before the year 9000, as a regular expression. (Of the
/// years that end in 00, only 2000 has a 29th of February in it.)
inline constexpr const char* kDayPattern =
    "([0-8][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|"
    "02-(0[1-9]|1[0-9]|2[0-8]))|([0-8][0-9](0[48]|[2468][048]|[13579][26])|2000)-02-29)";

/// Dates are later than the first and earlier than the second, in days since 1970-01-01: the second
/// is the year 9000.
inline constexpr double kFirstDay = -1e7;
inline constexpr double kNever =
    std::chrono::sys_days(std::chrono::year(9000) / 1 / 1).time_since_epoch().count();

/// Days since 1970-01-01 with the time of day in whole milliseconds as a fraction, as the wall
/// clock of the place shows it: a zone is ignored, so that hours and weekdays are those of the
/// writer. ISO text
/// (`2024-07-25`, `2024-07-25T13:45`) is accepted in each format. nullopt for other texts and for
/// years from 9000 on, which programs write for "never".
std::optional<double> parse_days(std::string_view text, const DateFormat& format);

/// Texts that programs write for no date: 0000-00-00, and dates from the year 9000 on.
bool means_no_date(std::string_view text, const DateFormat& format);

/// The same for a number; nullopt if numbers are no dates in this format (form text).
std::optional<double> days_of_number(double number, const DateFormat& format);

/// `2024-07-25`, or `2024-07-25T13:45:07` with the times of a column that has some. "" for NaN.
std::string date_text(double days, bool times);

/// "dates with the day first", for messages.
std::string describe(const DateFormat& format);

Json to_json(const DateFormat& format);
/// Throws std::exception if `json` is not the output of to_json().
DateFormat date_format_from_json(const Json& json);

}  // namespace vitrine::data
