// A sheet of a workbook as text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/format_modules.h"

namespace vitrine::data {

inline constexpr std::size_t kMostSheetRows = std::size_t{1} << 20;

/// Collects the cells of a sheet, row by row and from left to right, as CSV. Not thread-safe.
class SheetBuilder {
 public:
  explicit SheetBuilder(std::string where) : where_(std::move(where)) {}

  /// Starts a row, counted from 0. Rows that are left out are empty lines. Throws Error(bad_input)
  /// for a row that is not below the last one, and for too many rows.
  void start_row(std::size_t row);
  /// Adds a cell to the row; an empty text does nothing. Throws Error(bad_input) as above, and for
  /// too many columns (kMaxColumns) and bytes.
  void add_number(std::size_t column, std::string_view number) { add(column, number, true); }
  void add_text(std::size_t column, std::string_view text) { add(column, text, false); }

  bool empty() const { return columns_.empty(); }
  /// All rows with as many fields as the widest one. Columns in which at most one of 20 cells is a
  /// text with a digit have plain numbers.
  SheetText finish() &&;

 private:
  struct Column {
    std::size_t numbers = 0;
    std::size_t texts_with_digits = 0;
  };
  void add(std::size_t column, std::string_view text, bool number);

  std::string where_;
  std::string text_;                   ///< rows without their ends
  std::vector<std::size_t> row_ends_;  ///< in text_, of the rows before the current one
  std::vector<std::uint32_t> row_widths_;
  std::size_t row_ = 0;
  std::size_t width_ = 0;  ///< fields of the current row
  std::vector<Column> columns_;
};

/// The text of a number of days since 1970, with its time if it has one: 2024-07-25T13:30:00.
std::string moment_text(double days);

/// The text of a time of day as a fraction of a day: 13:30:00.
std::string time_of_day_text(double fraction);

/// The sheet called `wanted` of sheets with these names: exactly, else without regard to case.
/// Throws Error(usage) if there is none.
std::size_t sheet_named(const std::vector<std::string>& names, const std::string& wanted,
                        const std::string& where);

/// A warning that a workbook has several sheets, of which one is read.
Warning several_sheets(const std::vector<std::string>& names, const std::string& read);

/// Throws Error(bad_input): no sheet has a cell.
[[noreturn]] void refuse_empty_workbook(const std::string& where);

}  // namespace vitrine::data
