#include "data/spreadsheet/sheet.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "data/table/csv.h"
#include "data/table/date.h"

namespace vitrine::data {
namespace {

constexpr std::size_t kMostSheetBytes = std::size_t{2} << 30;

[[noreturn]] void refuse_order(const std::string& where) {
  throw Error(ErrorKind::bad_input, "the spreadsheet is damaged: its cells are not in order", where,
              "open and save it again, or save the sheet as CSV (UTF-8)");
}

}  // namespace

void SheetBuilder::start_row(std::size_t row) {
  if (row < row_ends_.size()) refuse_order(where_);
  if (row >= kMostSheetRows) {
    throw Error(ErrorKind::bad_input, "the sheet has more than " + counted(kMostSheetRows, "row"),
                where_, "save the table as CSV");
  }
  row_ = row;
  width_ = 0;
}

void SheetBuilder::add(std::size_t column, std::string_view text, bool number) {
  if (text.empty()) return;
  if (width_ > 0 && column < width_) refuse_order(where_);
  if (column >= kMaxColumns) {
    throw Error(ErrorKind::bad_input, "the sheet has more than " + counted(kMaxColumns, "column"),
                where_, "keep only the columns that matter");
  }
  // What is written once can be referred to a million times.
  if (text_.size() + text.size() > kMostSheetBytes || row_ * column > kMostSheetBytes) {
    throw Error(ErrorKind::bad_input,
                "the sheet has more than " + with_commas(kMostSheetBytes) + " bytes as CSV", where_,
                "save the table as CSV");
  }
  row_ends_.resize(row_ + 1, text_.size());
  row_widths_.resize(row_ + 1, 0);
  text_.append(width_ == 0 ? column : column + 1 - width_, ',');
  text_ += number ? std::string(text) : csv_field(text);
  width_ = column + 1;
  row_ends_.back() = text_.size();
  row_widths_.back() = static_cast<std::uint32_t>(width_);
  if (columns_.size() < width_) columns_.resize(width_);
  Column& counts = columns_[column];
  if (number) {
    ++counts.numbers;
  } else if (std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    ++counts.texts_with_digits;
  }
}

SheetText SheetBuilder::finish() && {
  SheetText out;
  out.csv.reserve(text_.size() + 2 * row_ends_.size());
  std::size_t begin = 0;
  for (std::size_t row = 0; row < row_ends_.size(); ++row) {
    out.csv.append(text_, begin, row_ends_[row] - begin);
    begin = row_ends_[row];
    if (row_widths_[row] > 0) out.csv.append(columns_.size() - row_widths_[row], ',');
    out.csv += '\n';
  }
  constexpr std::size_t kNumbersPerText = 20;
  for (const Column& column : columns_) {
    out.plain_columns.push_back(column.numbers > 0 &&
                                column.numbers >= kNumbersPerText * column.texts_with_digits);
  }
  return out;
}

std::string moment_text(double days) {
  constexpr double kHalfMillisecond = 0.5 / 86400000;
  const bool time = std::abs(days - std::round(days)) > kHalfMillisecond;
  return date_text(time ? days : std::round(days), time);
}

std::string time_of_day_text(double fraction) { return date_text(fraction, true).substr(11); }

std::size_t sheet_named(const std::vector<std::string>& names, const std::string& wanted,
                        const std::string& where) {
  const auto exact = std::ranges::find(names, wanted);
  if (exact != names.end()) return static_cast<std::size_t>(exact - names.begin());
  const auto loose = std::ranges::find(names, lower_ascii(wanted), lower_ascii);
  if (loose != names.end()) return static_cast<std::size_t>(loose - names.begin());
  throw Error(ErrorKind::usage, "there is no sheet '" + shown(wanted, 60) + "'", where,
              did_you_mean(wanted, names) + "its sheets are " + listed(names, 20));
}

Warning several_sheets(const std::vector<std::string>& names, const std::string& read) {
  return {"several_sheets",
          "the workbook has " + counted(names.size(), "sheet") + " (" + listed(names, 6) + "); '" +
              shown(read, 60) + "' is read",
          "name the one to read with --sheet"};
}

void refuse_empty_workbook(const std::string& where) {
  throw Error(ErrorKind::bad_input, "the workbook has no cells", where,
              "its first sheet needs a row with the column names and one row for each example");
}

}  // namespace vitrine::data
