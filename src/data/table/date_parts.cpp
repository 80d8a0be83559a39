#include "data/table/date_parts.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace vitrine::data {

std::vector<NumberFeature> date_features(const TableSchema& schema, std::size_t column) {
  const Column& date = schema.columns[column];
  std::vector<NumberFeature> features;
  for (const DatePart part : date.parts) {
    features.push_back({.column = column, .part = part, .origin = date.origin.value_or(0)});
  }
  for (const std::string& key : date.since) {
    const auto earlier = std::ranges::find(schema.columns, key, &Column::key);
    features.push_back({.column = column,
                        .part = DatePart::since,
                        .since = static_cast<std::size_t>(earlier - schema.columns.begin())});
  }
  return features;
}

float date_part(DatePart part, double days, double origin) {
  if (std::isnan(days)) return std::numeric_limits<float>::quiet_NaN();
  const auto date = [&] {
    const std::chrono::days whole(static_cast<int>(std::floor(days)));
    return std::chrono::year_month_day{std::chrono::sys_days(whole)};
  };
  switch (part) {
    case DatePart::days:
      return static_cast<float>(days - origin);
    case DatePart::year:
      return static_cast<float>(static_cast<int>(date().year()));
    case DatePart::month:
      return static_cast<float>(static_cast<unsigned>(date().month()));
    case DatePart::day:
      return static_cast<float>(static_cast<unsigned>(date().day()));
    case DatePart::weekday: {
      const double from_monday = std::floor(days) + 3;  // 1970-01-01 was a Thursday
      return static_cast<float>(from_monday - 7 * std::floor(from_monday / 7) + 1);
    }
    case DatePart::hour:
      return static_cast<float>((days - std::floor(days)) * 24);
    case DatePart::since:
      break;
  }
  unknown_kind("part of a date", part);
}

const float* values_of(const NumberFeature& feature, const Table& table, std::size_t first,
                       std::size_t count, float* scratch) {
  const ColumnData& column = table.columns[feature.column];
  if (feature.output) return &column.texts().scores[*feature.output][first];
  if (!feature.part) return &column.numbers()[first];
  const double* days = &column.days()[first];
  if (*feature.part == DatePart::since) {
    const double* earlier = &table.columns[feature.since].days()[first];
    for (std::size_t row = 0; row < count; ++row) {
      scratch[row] = static_cast<float>(days[row] - earlier[row]);
    }
  } else {
    for (std::size_t row = 0; row < count; ++row) {
      scratch[row] = date_part(*feature.part, days[row], feature.origin);
    }
  }
  return scratch;
}

}  // namespace vitrine::data
