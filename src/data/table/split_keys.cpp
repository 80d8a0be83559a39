#include "data/table/split_keys.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

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
      raw, column,
      column.unreadable.empty() ? "has too many different texts"
                                : "can't be read: " + column.unreadable,
      "use a column with at most " + with_commas(kMaxDistinct) + " different values, or numbers");
}

}  // namespace

std::vector<std::uint64_t> groups_of(const RawTable& raw, const std::string& name) {
  constexpr std::size_t kFewest = 10;
  const RawColumn& column = usable_column(raw, name, "--group");
  std::vector<std::uint64_t> groups(raw.rows);
  std::uint64_t count = 0;  // of groups
  std::map<std::string, std::uint64_t> of_text;
  std::map<double, std::uint64_t> of_number;
  const auto group_of = [&](auto& groups_by_value, const auto& value) {
    const auto [place, fresh] = groups_by_value.emplace(value, count);
    count += fresh ? 1 : 0;
    return place->second;
  };
  // A row without a value is a group of its own.
  const auto group_of_text = [&](const std::string& text) {
    return is_missing(text) ? count++ : group_of(of_text, std::string(trimmed(text)));
  };
  for (std::size_t row = 0; row < column.codes.size(); ++row) {
    groups[row] = group_of_text(column.texts[column.codes[row]]);
  }
  for (std::size_t row = 0; row < column.numbers.size(); ++row) {
    if (!std::isnan(column.numbers[row])) groups[row] = group_of(of_number, column.numbers[row]);
  }
  for (const RawColumn::Stray& stray : column.strays) {
    groups[stray.row] = group_of_text(stray.text);
  }
  if (count < kFewest) {
    refuse(raw, column, "has only " + counted(count, "different value"),
           "a split into groups needs at least " + std::to_string(kFewest) + " of them");
  }
  return groups;
}

std::vector<double> times_of(const RawTable& raw, const std::string& name,
                             std::optional<DateOrder> order, std::vector<Warning>& warnings) {
  constexpr double kMostOthers = 0.05;
  const RawColumn& column = usable_column(raw, name, "--time");
  std::vector<CountedText> texts;
  for (const std::string& text : column.texts) {
    if (!is_missing(text)) texts.push_back({text, 1});
  }
  const FoundDates dates = find_date_order(texts, order);
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
  if (are_dates && dates.ambiguous && !order) {
    warnings.push_back({"ambiguous_dates",
                        "column '" + column.name + "': dates such as '" +
                            shown(column.texts.front(), 30) +
                            "' are read with the day before the month",
                        "if that is wrong, say so: --date-order month-first"});
  }
  return times;
}

Split split_as_asked(const RawTable& raw, const SchemaOptions& options, const Table& table,
                     std::span<const std::uint32_t> rows, const SplitOptions& how,
                     std::vector<Warning>& warnings) {
  if (!options.time.empty() && !options.group.empty()) {
    throw Error(ErrorKind::usage, "--time and --group both decide how rows are split", "--time",
                "leave out one of them");
  }
  if (!options.time.empty()) {
    const std::vector<double> all = times_of(raw, options.time, options.date_order, warnings);
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
