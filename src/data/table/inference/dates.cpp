// Columns of dates: texts in one order, numbers such as 20240725, and seconds since 1970.
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/text.h"
#include "data/table/inference/inference.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

/// A column is one of dates if at least this share of its values are.
constexpr double kDateShare = 0.9;

/// True for names of points in time: `created_at`, `timestamp`, `EventTime`, `birth_date`.
bool is_time_name(const std::string& name) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"time", "timestamp", "ts", "date", "datetime", "epoch", "unix", "utc", "at", "when", "day",
       "datum", "zeit", "fecha", "created", "updated", "modified"});
  const std::vector<std::string> words = words_of_name(name);
  return std::ranges::any_of(words, [&](const std::string& word) {
    return std::ranges::contains(kWords, word) || word.ends_with("timestamp") ||
           word.ends_with("datetime");
  });
}

bool is_zero_date(std::string_view text) {
  return means_no_date(text, {}) && !parse_date(text, DateOrder::year_month_day);
}

/// True for texts such as 12-05-03: dates with years of two digits, or the numbers of parts.
bool has_short_year(std::string_view text) {
  std::size_t digits = 0;
  for (const char c : text) {
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') return false;
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits >= 4) return false;
  }
  return true;
}

std::optional<FoundDates> dates_of_texts(std::span<const CountedText> texts,
                                         std::optional<DateOrder> preferred) {
  constexpr std::size_t kSample = 40;
  const auto share = [](std::span<const CountedText> of, const FoundDates& found) {
    std::uint64_t rows = 0;
    for (const CountedText& one : of) rows += is_zero_date(one.text) ? 0 : one.rows;
    return rows == 0 ? 0.0 : static_cast<double>(found.rows) / static_cast<double>(rows);
  };
  // Most columns of texts are not dates, which a few texts show.
  const auto some = texts.first(std::min(kSample, texts.size()));
  const FoundDates sample = find_date_order(some, preferred);
  if (std::ranges::none_of(some, [&](const CountedText& one) {
        return parse_date(one.text, sample.order).has_value();
      })) {
    return {};
  }
  // Few different ones may be codes.
  const bool codes =
      texts.size() <= kMostCodes && std::ranges::all_of(texts, has_short_year, &CountedText::text);
  const FoundDates found = find_date_order(texts, preferred);
  return !codes && share(texts, found) >= kDateShare ? std::optional(found) : std::nullopt;
}

/// The form of dates that are numbers.
std::optional<DateFormat::Form> form_of_numbers(const std::vector<double>& numbers,
                                                const std::string& name) {
  constexpr std::size_t kFewNumbers = 5;
  constexpr double kLongest = 80;  // years between dates without such a name
  using Form = DateFormat::Form;
  const bool named = is_time_name(name);
  const std::set<double> first(
      numbers.begin(),
      numbers.begin() + static_cast<std::ptrdiff_t>(std::min(numbers.size(), std::size_t{200})));
  if (first.size() < kFewNumbers) return {};
  const auto all_between = [&](double low, double high, Form form) {
    return std::ranges::all_of(numbers, [&](double number) {
      return number >= low && number <= high && days_of_number(number, {.form = form}).has_value();
    });
  };
  const auto [least, most] = std::ranges::minmax(numbers);
  const bool one_life = most - least < kLongest * 10'000;  // years, as digits
  if ((named || one_life) && all_between(19000101, 21001231, Form::digits)) return Form::digits;
  // 1990 to 2050; without such a name the numbers may be anything.
  constexpr double kFirst = 631152000;
  constexpr double kLast = 2524608000;
  if (named && all_between(kFirst, kLast, Form::seconds)) return Form::seconds;
  if (named && all_between(kFirst * 1000, kLast * 1000, Form::milliseconds)) {
    return Form::milliseconds;
  }
  return {};
}

/// The plain numbers of a column if it has nothing else.
std::optional<std::vector<double>> only_numbers(const RawColumn& column,
                                                std::span<const CountedText> texts) {
  std::vector<double> numbers;
  if (column.form == RawColumn::Form::numbers) {
    for (const double number : column.numbers) {
      if (!std::isnan(number)) numbers.push_back(number);
    }
    return numbers;
  }
  for (const CountedText& one : texts) {
    const auto number = parse_number(one.text);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

std::optional<ColumnDates> find_dates(const RawColumn& column, std::span<const CountedText> texts,
                                      std::optional<DateOrder> preferred) {
  ColumnDates out;
  if (column.form == RawColumn::Form::numbers && column.dates) {
    std::size_t others = 0;
    for (const RawColumn::Stray& stray : column.strays) {
      others += is_missing(stray.text) || is_zero_date(stray.text) ? 0 : 1;
    }
    const auto rows = static_cast<double>(column.numbers.size());
    if (static_cast<double>(others) > (1 - kDateShare) * rows) return {};
    out.format = *column.dates;
    out.shows_order = out.format.order != DateOrder::year_month_day;
    return out;
  }
  if (const auto numbers = only_numbers(column, texts); numbers && !numbers->empty()) {
    const auto form = form_of_numbers(*numbers, column.name);
    if (!form) return {};
    out.format.form = *form;
    out.example = number_text(numbers->front());
    return out;
  }
  if (column.form != RawColumn::Form::dictionary || texts.empty()) return {};
  const auto found = dates_of_texts(texts, preferred);
  if (!found) return {};
  out.format.order = found->order;
  out.ambiguous = found->ambiguous;
  out.shows_order = !found->ambiguous && found->order != DateOrder::year_month_day;
  const auto example = std::ranges::find_if(texts, [&](const CountedText& one) {
    return parse_date(one.text, found->order).has_value();
  });
  if (found->order != DateOrder::year_month_day) out.example = trimmed(example->text);
  return out;
}

void fill_date(Column& column, const Summary& summary, const DateFormat& format) {
  column.kind = ColumnKind::date;
  const auto& days = summary.values;
  const auto differ = [&](DatePart part) {
    const float first = date_part(part, days.front(), 0);
    return std::ranges::any_of(days, [&](double day) { return date_part(part, day, 0) != first; });
  };
  column.quantiles = quantiles_of(days);
  column.mean = mean_of(days);
  column.origin = std::floor(days.front());
  column.date = format;
  column.date.times = std::ranges::any_of(days, [](double day) { return day != std::floor(day); });
  column.parts = {DatePart::days};
  for (const DatePart part :
       {DatePart::year, DatePart::month, DatePart::day, DatePart::weekday, DatePart::hour}) {
    // The first days of months have no weekday that means something.
    const bool of_months = part == DatePart::weekday && !differ(DatePart::day);
    if (!of_months && differ(part)) column.parts.push_back(part);
  }
}

void link_dates(TableSchema& schema) {
  constexpr std::size_t kMostDates = 4;
  std::vector<std::string> before;
  for (Column& column : schema.columns) {
    if (column.kind != ColumnKind::date || before.size() == kMostDates) continue;
    column.since = before;
    before.push_back(column.key);
  }
}

}  // namespace vitrine::data
