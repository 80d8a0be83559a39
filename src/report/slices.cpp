#include "report/slices.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace vitrine::report {
namespace {

constexpr std::size_t kFewestRows = 30;

/// Sums of errors, from which mean and variance follow.
struct Sums {
  double rows = 0;
  double sum = 0;
  double squares = 0;

  void add(double error) {
    ++rows;
    sum += error;
    squares += error * error;
  }
  Sums without(const Sums& part) const {
    return {rows - part.rows, sum - part.sum, squares - part.squares};
  }
  double mean() const { return rows > 0 ? sum / rows : 0; }
  metrics::Estimate estimate() const {
    return metrics::mean_estimate(sum, squares, static_cast<std::size_t>(rows));
  }
  /// The squared standard error of the mean.
  double squared_error() const {
    if (rows < 2) return 0;
    return std::max(0.0, squares - sum * sum / rows) / (rows - 1) / rows;
  }
};

/// The places of a column's slices: a category's code, or the fifth of the training data.
class SliceOf {
 public:
  explicit SliceOf(const data::Column& column) : column_(column) {}

  static constexpr int kMissing = -1;
  static constexpr int kNone = -2;  ///< in no slice

  int place(const data::Numbers& values, std::size_t row) const {
    return std::isnan(values[row]) ? kMissing : fifth(column_.value_of(values[row]));
  }
  int place(const data::Days& values, std::size_t row) const {
    return std::isnan(values[row]) ? kMissing : fifth(values[row]);
  }
  int place(const data::Codes& values, std::size_t row) const {
    if (values[row] == data::kMissingCode) return kMissing;
    return values[row] < column_.categories.size() ? static_cast<int>(values[row]) : kNone;
  }
  int place(const data::Texts& values, std::size_t row) const {
    return values[row].empty() ? kMissing : kNone;
  }

  std::string name(int place) const {
    if (place == kMissing) return "missing";
    const auto at = static_cast<std::size_t>(place);
    if (column_.kind == data::ColumnKind::category) return column_.categories[at].spelling;
    return column_.value_text(column_.quantiles[2 * at]) + " to " +
           column_.value_text(column_.quantiles[2 * at + 2]);
  }

 private:
  /// Equal ends of fifths make the later ones empty.
  int fifth(double value) const {
    constexpr int kFifths = 5;
    if (column_.quantiles.size() != 2 * kFifths + 1) return kNone;
    for (int i = 0; i < kFifths - 1; ++i) {
      if (value <= column_.quantiles[2 * static_cast<std::size_t>(i) + 2]) return i;
    }
    return kFifths - 1;
  }

  const data::Column& column_;
};

struct Found {
  Slice slice;
  double z = 0;
};

/// The slices of one column, with how many standard errors they are worse than the other rows.
void add_slices(const data::Column& column, const data::ColumnData& values,
                std::span<const double> errors, const Sums& all, std::vector<Found>& found) {
  const SliceOf slice_of(column);
  std::map<int, Sums> parts;
  std::visit(
      [&](const auto& of_rows) {
        for (std::size_t row = 0; row < errors.size(); ++row) {
          if (std::isnan(errors[row])) continue;
          const int place = slice_of.place(of_rows, row);
          if (place != SliceOf::kNone) parts[place].add(errors[row]);
        }
      },
      values.values);
  for (const auto& [place, part] : parts) {
    const Sums rest = all.without(part);
    if (part.rows < kFewestRows || rest.rows < kFewestRows) continue;
    const double noise = std::sqrt(part.squared_error() + rest.squared_error());
    found.push_back({{column.name, slice_of.name(place), static_cast<std::size_t>(part.rows),
                      part.estimate(), rest.mean()},
                     noise > 0 ? (part.mean() - rest.mean()) / noise : 0});
  }
}

}  // namespace

Slices worst_slices(const data::TableSchema& schema, const data::Table& table,
                    std::span<const double> errors, std::size_t most) {
  Sums all;
  for (const double error : errors) {
    if (!std::isnan(error)) all.add(error);
  }
  std::vector<Found> found;
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    add_slices(schema.columns[i], table.columns[i], errors, all, found);
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &Found::z);
  Slices out{found.size(), {}};
  for (Found& one : found) {
    if (out.worst.size() == most || one.z <= 0) break;
    const double p = 0.5 * std::erfc(one.z / std::sqrt(2.0));
    one.slice.worse = p < 0.05 / static_cast<double>(found.size());
    out.worst.push_back(std::move(one.slice));
  }
  return out;
}

}  // namespace vitrine::report
