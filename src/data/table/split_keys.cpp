#include "data/table/split_keys.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "data/table/date.h"
#include "data/table/inference/inference.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

[[noreturn]] void refuse(const RawTable& raw, const RawColumn& column, const std::string& problem,
                         const std::string& hint) {
  throw Error(ErrorKind::bad_input, "column '" + shown(column.name) + "' " + problem, raw.where,
              hint, column.name);
}

const RawColumn& usable_column(const RawTable& raw, const std::string& name,
                               std::string_view option) {
  const RawColumn& column = column_of_option(raw, name, option);
  if (column.form != RawColumn::Form::free_text) return column;
  refuse(
      raw, column, "has too many different texts",
      "use a column with at most " + with_commas(kMaxDistinct) + " different values, or numbers");
}

}  // namespace

std::vector<std::uint64_t> groups_of(const RawTable& raw, const std::string& name) {
  constexpr std::size_t kFewest = 10;
  const RawColumn& column = usable_column(raw, name, "--group");
  std::vector<std::uint64_t> groups(raw.rows);
  // A row without a value is a group of its own, by a number that no value has.
  const auto alone = [](std::size_t row) { return std::uint64_t{row} | std::uint64_t{1} << 63; };
  for (std::size_t row = 0; row < column.codes.size(); ++row) {
    const std::uint32_t code = column.codes[row];
    groups[row] = is_missing(column.texts[code]) ? alone(row) : std::uint64_t{code};
  }
  for (std::size_t row = 0; row < column.numbers.size(); ++row) {
    const double value = column.numbers[row];
    groups[row] = std::isnan(value) ? alone(row) : std::bit_cast<std::uint64_t>(value) >> 1;
  }
  std::vector<std::uint64_t> different = groups;
  std::ranges::sort(different);
  const auto count =
      std::ranges::distance(different.begin(), std::ranges::unique(different).begin());
  if (static_cast<std::size_t>(count) < kFewest) {
    refuse(raw, column, "has only " + counted(static_cast<std::size_t>(count), "different value"),
           "a split into groups needs at least " + std::to_string(kFewest) + " of them");
  }
  return groups;
}

std::vector<double> times_of(const RawTable& raw, const std::string& name,
                             std::vector<Warning>& warnings) {
  constexpr double kMostOthers = 0.05;
  const RawColumn& column = usable_column(raw, name, "--time");
  std::vector<CountedText> texts;
  for (const std::string& text : column.texts) {
    if (!is_missing(text)) texts.push_back({text, 1});
  }
  const FoundDates dates = find_date_order(texts);
  const bool are_dates = dates.rows * 2 > texts.size() && !texts.empty();
  std::vector<double> times(raw.rows, kNaN);
  std::size_t others = 0;
  std::string example;
  std::vector<double> of_text(column.texts.size(), kNaN);
  for (std::size_t i = 0; i < of_text.size(); ++i) {
    const std::string& text = column.texts[i];
    const auto time = are_dates ? parse_date(text, dates.order) : parse_number(text, column.format);
    of_text[i] = time.value_or(kNaN);
    if (!time && !is_missing(text)) example = text;
  }
  for (std::size_t row = 0; row < column.codes.size(); ++row) {
    times[row] = of_text[column.codes[row]];
    others += std::isnan(times[row]) && !is_missing(column.texts[column.codes[row]]) ? 1 : 0;
  }
  std::ranges::copy(column.numbers, times.begin());
  for (const RawColumn::Stray& stray : column.strays) {
    if (is_missing(stray.text)) continue;
    ++others;
    example = stray.text;
  }
  if (static_cast<double>(others) > kMostOthers * static_cast<double>(raw.rows)) {
    refuse(raw, column,
           "has " + counted(others, "value") + " that " + (others == 1 ? "is" : "are") +
               " neither a date nor a number, such as '" + shown(example, 30) + "'",
           "write dates as 2024-07-25, or use another column");
  }
  if (are_dates && dates.ambiguous) {
    warnings.push_back({"ambiguous_dates",
                        "column '" + column.name + "': dates such as '" +
                            shown(column.texts.front(), 30) +
                            "' are read with the day before the month",
                        "write dates as 2024-07-25 if that is wrong"});
  }
  return times;
}

Split split_as_asked(const RawTable& raw, const SchemaOptions& options, const Table& table,
                     std::span<const std::uint32_t> rows, const SplitOptions& how,
                     std::vector<Warning>& warnings) {
  if (!options.time.empty()) {
    const std::vector<double> all = times_of(raw, options.time, warnings);
    std::vector<double> times;
    for (const std::uint32_t row : rows) times.push_back(all[row]);
    return split_by_time(table, times, how.with_test);
  }
  std::vector<std::uint64_t> groups;
  if (!options.group.empty()) {
    const std::vector<std::uint64_t> all = groups_of(raw, options.group);
    for (const std::uint32_t row : rows) groups.push_back(all[row]);
  }
  return split_rows(table, how.seed, how.with_test, groups);
}

}  // namespace vitrine::data
