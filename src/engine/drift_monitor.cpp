#include "engine/drift_monitor.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "base/text.h"

namespace vitrine::engine {
namespace {

/// Sets the borders to the deciles of the training rows, as features, without duplicates.
/// `expected` receives the number of rows in each bin, for kMemory rows in total.
void bin_numbers(const data::Column& column, std::vector<float>& borders,
                 std::vector<double>& expected) {
  const std::vector<double>& tenths = column.quantiles;  // 0, 10, ..., 100 %
  for (std::size_t i = 1; i + 1 < tenths.size(); ++i)
    borders.push_back(column.feature_of(tenths[i]));
  borders.erase(std::ranges::unique(borders).begin(), borders.end());
  expected.assign(borders.size() + 2, 0);
  const double rows = DriftMonitor::kMemory;
  const std::vector<double>& shares = column.quantile_shares;
  double before = 0;
  for (std::size_t i = 1; i < tenths.size(); ++i) {
    const auto place = std::ranges::lower_bound(borders, column.feature_of(tenths[i]));
    // Of equal quantiles, the first one already has the share of all of them.
    const double reached = shares.empty()
                               ? static_cast<double>(i) / static_cast<double>(tenths.size() - 1)
                               : (i + 1 == tenths.size() ? 1 : std::max(before, shares[i]));
    expected[static_cast<std::size_t>(place - borders.begin())] +=
        rows * (1 - column.missing_share) * (reached - before);
    before = reached;
  }
  expected.back() = rows * column.missing_share;
}

/// The same for a category column: its categories in order, unseen or rare values, and missing.
void bin_categories(const data::Column& column, std::vector<double>& expected) {
  double known = 0;
  for (const data::Category& one : column.categories) {
    expected.push_back(static_cast<double>(one.count));
    known += static_cast<double>(one.count);
  }
  expected.push_back(static_cast<double>(column.rare_rows));
  known += static_cast<double>(column.rare_rows);
  expected.push_back(
      column.missing_share < 1 ? known * column.missing_share / (1 - column.missing_share) : 0);
}

/// Names of the bins for people.
std::vector<std::string> names_of(const data::Column& column, std::span<const float> borders) {
  std::vector<std::string> out;
  if (column.kind == data::ColumnKind::category) {
    for (const data::Category& one : column.categories) out.push_back(one.spelling);
    out.emplace_back("other values");
  } else {
    const auto text = [&](float border) { return short_number(column.value_of(border)); };
    for (std::size_t i = 0; i < borders.size(); ++i) {
      out.push_back(i == 0 ? "up to " + text(borders[0])
                           : text(borders[i - 1]) + " to " + text(borders[i]));
    }
    out.push_back(borders.empty() ? "all" : "above " + text(borders.back()));
  }
  out.emplace_back("missing");
  return out;
}

void halve(std::vector<double>& counts) {
  for (double& count : counts) count /= 2;
}

}  // namespace

std::size_t DriftMonitor::ColumnBins::bin_of(float number) const {
  if (std::isnan(number)) return seen.size() - 1;
  return static_cast<std::size_t>(std::ranges::lower_bound(borders, number) - borders.begin());
}

std::size_t DriftMonitor::ColumnBins::bin_of(double) const { return 0; }

std::size_t DriftMonitor::ColumnBins::bin_of(const std::string&) const { return 0; }

std::size_t DriftMonitor::ColumnBins::bin_of(std::uint32_t code) const {
  if (code == data::kMissingCode) return seen.size() - 1;
  return code == data::kUnseenCode ? seen.size() - 2 : code;
}

DriftMonitor::DriftMonitor(const model::Card& card) : classes_(card.schema.target.group_names()) {
  class_counts_.assign(classes_.size(), 0);
  for (const data::Column& column : card.schema.columns) {
    ColumnBins bins;
    bins.name = column.key;
    switch (column.kind) {
      case data::ColumnKind::number:
        if (!column.quantiles.empty()) bin_numbers(column, bins.borders, bins.expected);
        break;
      case data::ColumnKind::category:
        bin_categories(column, bins.expected);
        break;
      case data::ColumnKind::date:  // later ones than in training are expected
      case data::ColumnKind::text:  // each is new
        break;
    }
    bins.seen.assign(bins.expected.size(), 0);
    if (!bins.seen.empty()) bins.names = names_of(column, bins.borders);
    columns_.push_back(std::move(bins));
  }
}

void DriftMonitor::observe(const data::Table& rows) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnBins& bins = columns_[i];
    if (bins.seen.empty()) continue;
    std::visit(
        [&](const auto& values) {
          for (const auto& value : values) ++bins.seen[bins.bin_of(value)];
        },
        rows.columns[i].values);
  }
  rows_ += rows.rows;
  if (rows_ < 2 * kMemory) return;
  rows_ /= 2;
  for (ColumnBins& bins : columns_) halve(bins.seen);
}

void DriftMonitor::observe(const std::vector<int>& predicted) {
  if (classes_.empty()) return;  // a number whose training data are not known
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  for (const int k : predicted) ++class_counts_[static_cast<std::size_t>(k)];
  predictions_ += predicted.size();
  if (predictions_ < 2 * kMemory) return;
  predictions_ /= 2;
  halve(class_counts_);
}

std::vector<std::pair<std::string, double>> DriftMonitor::indices() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, double>> out;
  if (rows_ < kFewest) return out;
  for (const ColumnBins& bins : columns_) {
    if (bins.seen.empty()) continue;
    out.emplace_back(bins.name, metrics::population_stability_index(bins.expected, bins.seen));
  }
  return out;
}

std::vector<metrics::ColumnShares> DriftMonitor::shares() const {
  const std::lock_guard lock(mutex_);
  std::vector<metrics::ColumnShares> out;
  if (rows_ < kFewest) return out;
  for (const ColumnBins& bins : columns_) {
    if (bins.seen.empty()) continue;
    const auto sum = [](const std::vector<double>& counts) {
      return std::max(1e-12, std::accumulate(counts.begin(), counts.end(), 0.0));
    };
    const double expected = sum(bins.expected), seen = sum(bins.seen);
    metrics::ColumnShares one{.column = bins.name};
    for (std::size_t i = 0; i < bins.seen.size(); ++i) {
      if (bins.expected[i] == 0 && bins.seen[i] == 0) continue;
      one.bins.push_back(bins.names[i]);
      one.expected.push_back(bins.expected[i] / expected);
      one.actual.push_back(bins.seen[i] / seen);
    }
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<std::pair<std::string, double>> DriftMonitor::class_shares() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, double>> out;
  const double all = std::accumulate(class_counts_.begin(), class_counts_.end(), 0.0);
  if (predictions_ < kFewest || all <= 0) return out;
  for (std::size_t k = 0; k < classes_.size(); ++k) {
    out.emplace_back(classes_[k], class_counts_[k] / all);
  }
  return out;
}

}  // namespace vitrine::engine
