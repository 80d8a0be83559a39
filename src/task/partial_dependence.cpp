#include "task/partial_dependence.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

namespace vitrine::task {
namespace {

constexpr std::size_t kMostRows = 300;
constexpr std::size_t kPoints = 20;  // of a number or a date
constexpr std::size_t kMostCategories = 8;

std::vector<std::uint32_t> evenly_spaced(std::size_t rows) {
  std::vector<std::uint32_t> out(std::min(rows, kMostRows));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint32_t>(i * rows / out.size());
  }
  return out;
}

/// Distinct values at evenly spaced quantiles, ascending; without the outer 1 % on each side, which
/// would stretch the axis.
template <typename Values>
Values grid_of(Values values) {
  std::erase_if(values, [](auto value) { return std::isnan(value); });
  std::ranges::sort(values);
  Values out;
  for (std::size_t i = 0; i < kPoints && !values.empty(); ++i) {
    const double share = 0.01 + 0.98 * static_cast<double>(i) / (kPoints - 1);
    const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
    if (out.empty() || values[at] > out.back()) out.push_back(values[at]);
  }
  return out;
}

/// The most frequent categories of the rows.
data::Codes frequent(const data::Codes& codes, std::size_t categories) {
  std::vector<std::size_t> counts(categories);
  for (const std::uint32_t code : codes) {
    if (code < categories) ++counts[code];
  }
  data::Codes out(categories);
  std::iota(out.begin(), out.end(), 0U);
  std::ranges::stable_sort(out, std::ranges::greater{}, [&](std::uint32_t c) { return counts[c]; });
  std::erase_if(out, [&](std::uint32_t code) { return counts[code] == 0; });
  out.resize(std::min(out.size(), kMostCategories));
  return out;
}

/// Means of the predictions when all rows have one value after another.
class Sweep {
 public:
  Sweep(const data::Table& rows, std::size_t column,
        const std::function<std::vector<float>(const data::Table&)>& predict)
      : rows_(rows), column_(column), predict_(predict) {}

  template <typename Values>
  std::vector<double> means(const Values& grid) const {
    if (grid.size() < 2) return {};
    std::vector<std::uint32_t> places;
    for (std::size_t i = 0; i < grid.size() * rows_.rows; ++i) {
      places.push_back(static_cast<std::uint32_t>(i % rows_.rows));
    }
    data::Table all = rows_.subset(places);
    Values& values = std::get<Values>(all.columns[column_].values);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = grid[i / rows_.rows];
    const std::vector<float> predicted = predict_(all);
    std::vector<double> out;
    for (std::size_t i = 0; i < grid.size(); ++i) {
      const auto first = predicted.begin() + static_cast<std::ptrdiff_t>(i * rows_.rows);
      const auto last = first + static_cast<std::ptrdiff_t>(rows_.rows);
      out.push_back(std::accumulate(first, last, 0.0) / static_cast<double>(rows_.rows));
    }
    return out;
  }

 private:
  const data::Table& rows_;
  std::size_t column_;
  const std::function<std::vector<float>(const data::Table&)>& predict_;
};

}  // namespace

std::vector<PartialDependence> partial_dependence(
    const data::TableSchema& schema, const data::Table& table,
    const std::vector<std::size_t>& order, std::size_t most,
    const std::function<std::vector<float>(const data::Table&)>& predict) {
  std::vector<PartialDependence> out;
  if (table.rows == 0) return out;
  const data::Table rows = table.subset(evenly_spaced(table.rows));
  for (const std::size_t place : order) {
    if (out.size() == most) break;
    const data::Column& column = schema.columns[place];
    const Sweep sweep(rows, place, predict);
    PartialDependence one{.column = column.name, .kind = column.kind, .times = column.date.times};
    std::visit(
        [&]<typename Values>(const Values& values) {
          if constexpr (std::is_same_v<Values, data::Codes>) {
            const data::Codes grid = frequent(values, column.categories.size());
            for (const std::uint32_t code : grid) {
              one.names.push_back(column.categories[code].spelling);
            }
            one.means = sweep.means(grid);
          } else if constexpr (!std::is_same_v<Values, data::Texts>) {
            const Values grid = grid_of(values);
            for (const auto value : grid) {
              if constexpr (std::is_same_v<Values, data::Numbers>) {
                one.at.push_back(column.value_of(value));
              } else {
                one.at.push_back(value);
              }
            }
            one.means = sweep.means(grid);
          }
        },
        table.columns[place].values);
    if (one.means.size() > 1) out.push_back(std::move(one));
  }
  return out;
}

}  // namespace vitrine::task
