#include "data/table/format_agreement.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

/// Texts that are looked at, of a column with more of them.
constexpr std::size_t kSample = 4096;

std::vector<CountedText> sample_of(const RawColumn& column) {
  const std::size_t step = std::max<std::size_t>(1, column.texts.size() / kSample);
  std::vector<CountedText> texts;
  for (std::size_t i = 0; i < column.texts.size(); i += step) {
    if (!is_missing(column.texts[i])) texts.push_back({column.texts[i]});
  }
  return texts;
}

bool have_fractions(const RawColumn& column) {
  if (column.form == RawColumn::Form::numbers) {
    return std::ranges::any_of(column.numbers, [](double number) {
      return !std::isnan(number) && number != std::floor(number);
    });
  }
  return std::ranges::any_of(column.texts, [](const std::string& text) {
    return text.contains('.') && parse_number(text).has_value();
  });
}

/// Dates with the day or the month first.
bool shows_order(DateOrder order) { return order != DateOrder::year_month_day; }

const char* name_of_separator(char separator) {
  switch (separator) {
    case ',':
      return "commas";
    case '.':
      return "points";
    case ' ':
      return "blanks";
    case '\'':
      return "apostrophes";
    default:
      return "underscores";
  }
}

[[noreturn]] void refuse(const std::string& column, const std::string& where,
                         const std::string& has, const std::string& first_where,
                         const std::string& first_has, const std::string& hint) {
  throw Error(
      ErrorKind::bad_input,
      "column '" + shown(column) + "' has " + has + " here and " + first_has + " in " + first_where,
      where, hint);
}

}  // namespace

std::vector<ShownFormats> shown_formats(const RawTable& table, const ReadOptions& options) {
  std::vector<std::vector<CountedText>> texts;
  for (const RawColumn& column : table.columns) {
    const bool needed = column.form == RawColumn::Form::dictionary && !column.plain_numbers;
    texts.push_back(needed ? sample_of(column) : std::vector<CountedText>{});
  }
  const auto find = [&](std::size_t i, char decimal) -> FoundFormat {
    const RawColumn& column = table.columns[i];
    if (column.plain_numbers) return {.shows_decimal = have_fractions(column)};
    if (column.form != RawColumn::Form::numbers) return find_number_format(texts[i], decimal);
    if (column.dates) return {};
    return {.format = column.format,
            .shows_decimal = !column.format.plain || have_fractions(column)};
  };
  const auto found = find_number_formats(table.columns.size(), find, options.decimal, 0);
  const bool decided =
      options.decimal.has_value() || std::ranges::any_of(found, &FoundFormat::shows_decimal);
  std::vector<ShownFormats> out(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const RawColumn& column = table.columns[i];
    const FoundFormat& one = found[i];
    const bool numbers = texts[i].empty() || one.rows * 2 > texts[i].size();
    if (column.dates) {
      out[i].dates = column.dates;
      if (shows_order(column.dates->order)) out[i].order = column.dates->order;
    } else if (numbers) {
      out[i].numbers = one.format;
      if (one.shows_decimal || (one.ambiguous && decided)) out[i].decimal = one.format.decimal;
    } else {
      const FoundDates dates = find_date_order(texts[i], options.date_order);
      if (dates.rows * 2 > texts[i].size() && !dates.ambiguous && shows_order(dates.order)) {
        out[i].order = dates.order;
      }
    }
  }
  return out;
}

void FormatAgreement::add(const ShownFormats& shown, const std::string& column,
                          const std::string& where) {
  const auto differs = [&](auto& first, auto value) {
    if (!first) first = {value, where};
    return first->value != value;
  };
  if (shown.decimal != 0 && differs(decimal_, shown.decimal)) {
    const auto name = [](char decimal) {
      return std::string(decimal == ',' ? "a decimal comma" : "a decimal point");
    };
    refuse(
        column, where, name(shown.decimal), decimal_->where, name(decimal_->value),
        "write the numbers of both files alike; if 1,234 is meant the same way in both, name the "
        "separator with --decimal");
  }
  const char group = shown.numbers.group;
  const bool known = shown.decimal != 0 || (group != ',' && group != '.');
  if (group != 0 && known && differs(group_, group)) {
    const auto name = [](char by) {
      return std::string(name_of_separator(by)) + " between thousands";
    };
    refuse(column, where, name(group), group_->where, name(group_->value),
           "write the numbers of both files alike");
  }
  if (shown.order && differs(order_, *shown.order)) {
    const auto name = [](DateOrder order) { return describe(DateFormat{.order = order}); };
    refuse(column, where, name(*shown.order), order_->where, name(order_->value),
           "write the dates of both files alike, best as 2024-07-25");
  }
  if (shown.dates && (!dates_ || shows_order(shown.dates->order))) dates_ = shown.dates;
  if (shown.numbers.plain) return;
  const bool contradicts = decimal_ && decimal_->value != shown.numbers.decimal;
  if (contradicts) return;  // 1,234 where the others have a decimal comma
  if (numbers_.plain || (shown.decimal != 0 && numbers_.decimal != shown.decimal)) {
    numbers_ = shown.numbers;
    return;
  }
  if (numbers_.group == 0) numbers_.group = group;
  numbers_.scales = numbers_.scales || shown.numbers.scales;
  for (const std::string& unit : shown.numbers.units) {
    if (!std::ranges::contains(numbers_.units, unit)) numbers_.units.push_back(unit);
  }
  std::ranges::sort(numbers_.units);
}

}  // namespace vitrine::data
