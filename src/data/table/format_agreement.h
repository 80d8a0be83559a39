// Whether the files of one table write their numbers and dates alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/table/raw_table.h"

namespace vitrine::data {

/// What the texts of one column of a file show.
struct ShownFormats {
  NumberFormat numbers;             ///< of a column of numbers; else the plain format
  char decimal = 0;                 ///< the decimal separator that the numbers show; 0: none
  std::optional<DateFormat> dates;  ///< of a column of dates that is in the form of numbers
  std::optional<DateOrder>
      order;  ///< of dates that have the day or the month first, if they show it
};

/// What each column of a table shows. A separator that may be of decimals or of thousands counts
/// only if other columns of the table show which one it is.
std::vector<ShownFormats> shown_formats(const RawTable& table, const ReadOptions& options);

/// Compares what the files of a set show of one column. Not thread-safe.
class FormatAgreement {
 public:
  /// Throws Error(bad_input) that names both files if they contradict: a decimal comma and a
  /// decimal point, other separators of thousands, the day first and the month first.
  void add(const ShownFormats& shown, const std::string& column, const std::string& where);

  /// A format that reads the numbers of all files so far.
  const NumberFormat& numbers() const { return numbers_; }
  /// Of the files so far whose dates are in the form of numbers.
  const std::optional<DateFormat>& dates() const { return dates_; }

 private:
  /// What one file showed first.
  template <typename Value>
  struct First {
    Value value;
    std::string where;
  };

  NumberFormat numbers_;
  std::optional<DateFormat> dates_;
  std::optional<First<char>> decimal_;
  std::optional<First<char>> group_;
  std::optional<First<DateOrder>> order_;
};

}  // namespace vitrine::data
