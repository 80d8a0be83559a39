#include "data/table/cell.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

std::string describe(const CellValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return "'" + shown(*text) + "'";
  if (const auto* number = std::get_if<double>(&value)) return number_text(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return "null";
}

/// Its numbers are 0 and 1, or not known (imported models): a boolean may be one.
bool may_be_flag(const Column& column) {
  return column.quantiles.empty() ||
         (column.whole_numbers && column.quantiles.front() >= 0 && column.quantiles.back() <= 1);
}

/// The number of a value; NaN for a missing one. Sets `fault` if it is none.
double number_of(const Column& column, const CellValue& value, const char*& fault) {
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  double number = kMissing;
  if (const auto* given = std::get_if<double>(&value)) {
    number = *given;
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    const auto parsed = column.number_of(*text);
    if (!parsed && !column.means_missing(*text)) fault = "not a number";
    number = parsed.value_or(kMissing);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    if (!may_be_flag(column)) fault = "not a number";
    number = *flag ? 1 : 0;
  }
  if (std::abs(number) > std::numeric_limits<float>::max()) fault = "out of range";
  return number;
}

/// The days of a value; NaN for a missing one. Sets `fault` if it is no date.
double days_of(const Column& column, const CellValue& value, const char*& fault) {
  std::optional<double> days;
  if (const auto* number = std::get_if<double>(&value)) {
    if (std::isnan(*number)) return *number;
    days = column.days_of(*number);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    days = column.days_of(*text);
    if (!days && column.means_missing(*text)) return std::numeric_limits<double>::quiet_NaN();
  } else if (std::holds_alternative<std::nullptr_t>(value)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (!days) fault = "not a date";
  return days.value_or(std::numeric_limits<double>::quiet_NaN());
}

/// Empty for null.
std::string text_of(const CellValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && !std::isnan(*number) ? number_text(*number) : "";
}

bool codes_are_numbers(const Column& column) {
  return std::ranges::all_of(column.categories, [](const Category& category) {
    return parse_number(category.value).has_value();
  });
}

std::uint32_t code_of(const Column& column, const CellValue& value, const std::string& where,
                      std::vector<std::string>& warnings) {
  std::string text;
  if (const auto* given = std::get_if<std::string_view>(&value)) {
    text = *given;
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    if (const auto code = code_of_boolean(column, *flag)) return *code;
    text = *flag ? "true" : "false";
  } else if (const auto* number = std::get_if<double>(&value); number && !std::isnan(*number)) {
    text = number_text(*number);
  } else {
    return kMissingCode;
  }
  // A known category is never missing, even if it is called "none".
  if (const auto code = column.code_of_text(text)) return *code;
  if (column.means_missing(text)) return kMissingCode;
  // Unknown text may be a new category. A number or a boolean in a column of words is an error.
  const bool is_text = std::holds_alternative<std::string_view>(value);
  if (!is_text && !(std::holds_alternative<double>(value) && codes_are_numbers(column))) {
    refuse_cell(column, describe(value) + ", which is not one of its values", where);
  }
  warnings.push_back("field '" + column.key + "': '" +
                     shown(is_text ? std::get<std::string_view>(value) : text) +
                     "' did not occur in training; the prediction does not use it");
  return kUnseenCode;
}

void warn_outside(const Column& column, double value, std::vector<std::string>& warnings) {
  if (!column.is_outside(value)) return;
  warnings.push_back("field '" + column.key + "': " + column.value_text(value) +
                     " is outside of the range of training, " + column.range_words());
}

std::string listed_categories(const Column& column) {
  std::vector<std::string> values;
  for (const Category& category : column.categories) {
    values.push_back("\"" + shown(category.value, 40) + "\"");
  }
  return listed(values, 6);
}

/// The values of `data`, whose memory is kept if it holds them already.
template <typename Values>
Values& reused(ColumnData& data) {
  if (auto* values = std::get_if<Values>(&data.values)) return *values;
  return data.values.emplace<Values>();
}

}  // namespace

std::string what_it_takes(const Column& column) {
  switch (column.kind) {
    case ColumnKind::number:
      return "it takes a number" + column.range_text();
    case ColumnKind::category:
      return "it takes text: " + listed_categories(column);
    case ColumnKind::date:
      return "it takes a date such as " + date_text(column.typical_number(), column.date.times) +
             column.range_text();
    case ColumnKind::text:
      return "it takes any text";
  }
  unknown_kind("column kind", column.kind);
}

void refuse_cell(const Column& column, const std::string& what, const std::string& where) {
  throw Error(ErrorKind::bad_input, "field '" + column.key + "' is " + what, where,
              what_it_takes(column) + (column.had_missing() ? ", or null" : ""), column.key);
}

void read_cell(const Column& column, const CellValue& value, ColumnData& data, std::size_t row,
               const std::string& where, std::vector<std::string>& warnings, BadCells bad_cells) {
  bool missing = false;
  bool bad = false;
  const char* fault = nullptr;
  const auto judge = [&] {
    bad = fault != nullptr;
    if (!bad) return;
    if (bad_cells == BadCells::refused || !std::holds_alternative<std::string_view>(value)) {
      refuse_cell(column, describe(value) + ", which is " + fault, where);
    }
    warnings.push_back("field '" + column.key + "': " + describe(value) + " is " + fault +
                       "; it is treated as missing");
  };
  switch (column.kind) {
    case ColumnKind::number: {
      const double number = number_of(column, value, fault);
      judge();
      float& feature = data.numbers()[row];
      feature = bad ? Column::kNoNumber : column.feature_of(number);
      missing = std::isnan(feature);
      if (!missing) warn_outside(column, number, warnings);
      break;
    }
    case ColumnKind::category: {
      std::uint32_t& code = data.codes()[row];
      code = code_of(column, value, where, warnings);
      missing = code == kMissingCode;
      break;
    }
    case ColumnKind::date: {
      double& days = data.days()[row];
      days = days_of(column, value, fault);
      judge();
      missing = std::isnan(days);
      if (!missing) warn_outside(column, days, warnings);
      break;
    }
    case ColumnKind::text: {
      Texts& texts = data.texts();
      texts.texts[row] = text_of(value);
      if (column.text) score_text(*column.text, texts, row);
      missing = trimmed(texts[row]).empty();
      break;
    }
  }
  if (missing && !bad && !column.had_missing()) {
    refuse_cell(column, "missing (" + describe(value) + ")", where);
  }
}

std::optional<std::uint32_t> code_of_boolean(const Column& column, bool flag) {
  constexpr std::array<std::array<std::string_view, 2>, 8> kWords{{{"false", "true"},
                                                                   {"no", "yes"},
                                                                   {"n", "y"},
                                                                   {"f", "t"},
                                                                   {"0", "1"},
                                                                   {"off", "on"},
                                                                   {"nein", "ja"},
                                                                   {"non", "oui"}}};
  for (const auto& words : kWords) {
    const auto no = column.code_of_text(words[0]);
    const auto yes = column.code_of_text(words[1]);
    if (no && yes) return flag ? yes : no;
  }
  return column.code_of_text(flag ? "true" : "false");
}

bool takes_booleans(const Column& column) {
  switch (column.kind) {
    case ColumnKind::number:
      return may_be_flag(column);
    case ColumnKind::category:
      return code_of_boolean(column, true).has_value() &&
             code_of_boolean(column, false).has_value();
    case ColumnKind::date:
    case ColumnKind::text:
      return false;
  }
  unknown_kind("column kind", column.kind);
}

void make_missing(const TableSchema& schema, std::size_t rows, Table& table) {
  table.rows = rows;
  table.labels.clear();
  table.ids.assign(schema.ids.size(), std::vector<IdValue>(rows));
  table.columns.resize(schema.columns.size());
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    ColumnData& data = table.columns[i];
    switch (schema.columns[i].kind) {
      case ColumnKind::number:
        reused<Numbers>(data).assign(rows, std::numeric_limits<float>::quiet_NaN());
        break;
      case ColumnKind::category:
        reused<Codes>(data).assign(rows, kMissingCode);
        break;
      case ColumnKind::date:
        reused<Days>(data).assign(rows, std::numeric_limits<double>::quiet_NaN());
        break;
      case ColumnKind::text: {
        Texts& texts = reused<Texts>(data);
        texts.texts.assign(rows, "");
        texts.scores.clear();
        if (!schema.columns[i].text) break;
        for (const float score : schema.columns[i].text->score("")) {
          texts.scores.emplace_back(rows, score);
        }
        break;
      }
    }
  }
}

Table missing_rows(const TableSchema& schema, std::size_t rows) {
  Table table;
  make_missing(schema, rows, table);
  return table;
}

}  // namespace vitrine::data
