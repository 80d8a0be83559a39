// Dates and times as text. All functions are thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "data/table/number_format.h"

namespace vitrine::data {

/// The order of the parts of a date. The parts stand between `-`, `/`, `.`, blanks or commas, or
/// are eight digits; a month may be an English name.
enum class DateOrder { year_month_day, day_month_year, month_day_year };

/// Seconds since 1970-01-01 00:00 UTC; a time without a zone counts as UTC. Behind the date may
/// stand `T` or a blank and a time: `13:45`, `1:45:07.25 PM`, with a zone `Z`, `+02:00` or `-0700`.
/// Two-digit years are 1970 to 2069. nullopt for other texts and for days that do not exist.
std::optional<double> parse_date(std::string_view text, DateOrder order);

struct FoundDates {
  DateOrder order = DateOrder::year_month_day;
  std::uint64_t rows = 0;  ///< rows that are dates in this order
  bool ambiguous = false;  ///< another order reads as many rows, and other dates: 3/4/2024
};

/// The order in which most rows are dates; of two, the one that is named first above.
FoundDates find_date_order(std::span<const CountedText> texts);

}  // namespace vitrine::data
