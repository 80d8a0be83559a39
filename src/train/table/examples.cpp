#include "train/table/examples.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>

#include "base/text.h"
#include "data/table/date.h"
#include "data/table/value.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kMostClasses = 10;
constexpr std::size_t kFewestRows = 10;  ///< of fewer, the values would say much about single rows

using RowNumbers = std::vector<std::uint32_t>;

/// The median of the known values of some rows; NaN if most are missing. A value that occurs, not a
/// mean of two.
template <typename Values>
auto median_of(const Values& values, const RowNumbers& rows) {
  Values known;
  for (const std::uint32_t row : rows) {
    if (!std::isnan(values[row])) known.push_back(values[row]);
  }
  if (2 * known.size() <= rows.size()) {
    return std::numeric_limits<typename Values::value_type>::quiet_NaN();
  }
  const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
  std::ranges::nth_element(known, middle);
  return *middle;
}

/// The typical value of a column among some rows, as JSON; null if most are missing.
class TypicalValue {
 public:
  TypicalValue(const data::Column& column, const RowNumbers& rows) : column_(column), rows_(rows) {}

  Json operator()(const data::Numbers& values) const {
    const float median = median_of(values, rows_);
    if (std::isnan(median)) return nullptr;
    // As written in the table: 0.1, not the float's 0.10000000149.
    return column_.origin ? Json(column_.value_of(median)) : Json::parse(data::number_text(median));
  }
  Json operator()(const data::Days& values) const {
    const double median = median_of(values, rows_);
    return std::isnan(median) ? Json() : Json(data::date_text(median, column_.date.times));
  }
  Json operator()(const data::Codes& values) const {
    std::map<std::uint32_t, std::size_t> counts;
    for (const std::uint32_t row : rows_) ++counts[values[row]];
    const std::uint32_t code =
        std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; })->first;
    return code < column_.categories.size() ? Json(column_.categories[code].value) : Json();
  }
  Json operator()(const data::Texts&) const { return nullptr; }

 private:
  const data::Column& column_;
  const RowNumbers& rows_;
};

Json typical_row(const data::TableSchema& schema, const data::Table& table,
                 const RowNumbers& rows) {
  Json out = Json::object();
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const data::Column& column = schema.columns[i];
    if (column.kind == data::ColumnKind::text) continue;
    Json value = std::visit(TypicalValue(column, rows), table.columns[i].values);
    if (!value.is_null() || column.optional) out[column.key] = std::move(value);
  }
  return out;
}

/// The rows of each class, those of the largest classes only.
std::vector<std::pair<std::string, RowNumbers>> rows_of_classes(const data::Target& target,
                                                                const data::Table& table) {
  std::vector<RowNumbers> rows(target.classes.size());
  for (std::uint32_t row = 0; row < table.rows; ++row) {
    if (table.labels[row] >= 0) rows[static_cast<std::size_t>(table.labels[row])].push_back(row);
  }
  std::vector<std::size_t> largest(rows.size());
  std::iota(largest.begin(), largest.end(), std::size_t{0});
  std::ranges::stable_sort(largest, std::ranges::greater{},
                           [&](std::size_t k) { return rows[k].size(); });
  largest.resize(std::min(kMostClasses, largest.size()));
  std::ranges::sort(largest);
  std::vector<std::pair<std::string, RowNumbers>> out;
  for (const std::size_t k : largest) {
    if (rows[k].size() >= kFewestRows) out.emplace_back(target.classes[k].spelling, rows[k]);
  }
  return out;
}

/// The rows of the lowest, the middle and the highest fifth of the target.
std::vector<std::pair<std::string, RowNumbers>> rows_of_fifths(const data::Table& table) {
  RowNumbers order;
  for (std::uint32_t row = 0; row < table.rows; ++row) {
    if (!std::isnan(table.targets[row])) order.push_back(row);
  }
  std::ranges::stable_sort(order, {}, [&](std::uint32_t row) { return table.targets[row]; });
  std::vector<std::pair<std::string, RowNumbers>> out;
  for (const auto& [name, fifth] : {std::pair{"low", 0U}, {"middle", 2U}, {"high", 4U}}) {
    const auto at = [&](std::size_t k) {
      return order.begin() + static_cast<std::ptrdiff_t>(k * order.size() / 5);
    };
    if (order.size() >= 5 * kFewestRows)
      out.emplace_back(name, RowNumbers(at(fifth), at(fifth + 1)));
  }
  return out;
}

}  // namespace

std::vector<model::Example> typical_rows(const data::TableSchema& schema, const data::Table& rows) {
  std::vector<model::Example> out;
  const auto groups =
      schema.target.number ? rows_of_fifths(rows) : rows_of_classes(schema.target, rows);
  for (const auto& [label, members] : groups) {
    out.push_back({label, typical_row(schema, rows, members)});
  }
  return out;
}

}  // namespace vitrine::train
