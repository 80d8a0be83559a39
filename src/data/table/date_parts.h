// The numbers that a model computes with: the values of number columns, the parts of dates, and the
// scores of texts.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "data/table/table.h"

namespace vitrine::data {

/// A number in [first, first + count) of a table's rows, as a feature of a model.
struct NumberFeature {
  std::size_t column = 0;                  ///< index in the schema
  std::optional<DatePart> part = {};       ///< of a date
  double origin = 0;                       ///< part `days`: the day that is 0
  std::size_t since = 0;                   ///< part `since`: the column of the earlier date
  std::optional<std::size_t> output = {};  ///< of the model of a text

  /// True for the value of a number column itself.
  bool is_value() const { return !part && !output; }
};

/// The number features of a date column, in order: its parts, and its distances from other dates.
std::vector<NumberFeature> date_features(const TableSchema& schema, std::size_t column);

/// The values of a feature for rows [first, first + count); NaN is missing. They are in the table,
/// or in `scratch`, which has space for `count` numbers. Thread-safe.
const float* values_of(const NumberFeature& feature, const Table& table, std::size_t first,
                       std::size_t count, float* scratch);

/// The part of a date in days since 1970: days since `origin`, the year, month 1 to 12, day of the
/// month 1 to 31, weekday 1 (Monday) to 7, hour with its fraction. `since` is a distance between
/// two dates and has no value here.
float date_part(DatePart part, double days, double origin);

}  // namespace vitrine::data
