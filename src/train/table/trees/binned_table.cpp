#include "train/table/trees/binned_table.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "train/table/design.h"
#include "train/table/trees/counter_random.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kMostBins = 255;
constexpr std::uint32_t kMostCodes = 256;
constexpr std::size_t kSample = 200'000;
constexpr std::size_t kBlock = 16384;

/// A number between two neighbours: x < cut for `low`, not for `high`.
float cut_between(float low, float high) {
  const float middle = low + (high - low) / 2;
  return middle > low && middle <= high ? middle : high;
}

/// The rows from which cuts are computed.
std::vector<std::uint32_t> sampled_rows(std::size_t rows) {
  std::vector<std::uint32_t> sample;
  if (rows <= kSample) {
    sample.resize(rows);
    std::iota(sample.begin(), sample.end(), 0U);
    return sample;
  }
  const CounterRandom random(0, 0);
  const double share = kSample / static_cast<double>(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    if (random.happens(row, share)) sample.push_back(static_cast<std::uint32_t>(row));
  }
  return sample;
}

/// The bins of a number: of a small table fewer, each with ten rows. With less, to look through the
/// bins for a split takes longer than to add up the rows.
std::size_t most_bins(std::size_t rows) {
  return std::clamp<std::size_t>(rows / 10, 64, kMostBins);
}

std::uint32_t bin_of_number(const std::vector<float>& cuts, float value) {
  if (std::isnan(value)) return static_cast<std::uint32_t>(cuts.size() + 1);
  return static_cast<std::uint32_t>(std::ranges::upper_bound(cuts, value) - cuts.begin());
}

}  // namespace

std::vector<float> bin_cuts(std::vector<float> values, std::size_t most) {
  std::erase_if(values, [](float value) { return std::isnan(value); });
  std::ranges::sort(values);
  std::vector<float> distinct;
  std::vector<std::size_t> counts;
  for (const float value : values) {
    if (distinct.empty() || value > distinct.back()) {
      distinct.push_back(value);
      counts.push_back(0);
    }
    ++counts.back();
  }
  std::vector<float> cuts;
  if (distinct.size() <= most) {
    for (std::size_t i = 1; i < distinct.size(); ++i) {
      cuts.push_back(cut_between(distinct[i - 1], distinct[i]));
    }
    return cuts;
  }
  // Values that fill a bin have one of their own; the others share the rest evenly.
  const auto mean = static_cast<double>(values.size()) / static_cast<double>(most);
  const auto is_frequent = [&](std::size_t i) { return static_cast<double>(counts[i]) >= mean; };
  std::size_t rest = values.size();
  std::size_t bins = most;
  for (std::size_t i = 0; i < distinct.size(); ++i) {
    if (!is_frequent(i)) continue;
    rest -= counts[i];
    --bins;
  }
  const auto size = [&] {
    return static_cast<double>(rest) / static_cast<double>(std::max<std::size_t>(1, bins));
  };
  double wanted = size();
  std::size_t current = 0;
  for (std::size_t i = 0; i + 1 < distinct.size() && cuts.size() + 1 < most; ++i) {
    current += counts[i];
    if (!is_frequent(i)) rest -= counts[i];
    const bool full = static_cast<double>(current) >= wanted ||
                      (is_frequent(i + 1) && static_cast<double>(current) >= wanted / 2);
    if (!is_frequent(i) && !full) continue;
    cuts.push_back(cut_between(distinct[i], distinct[i + 1]));
    current = 0;
    if (is_frequent(i) || bins <= 1) continue;
    --bins;
    wanted = size();
  }
  return cuts;
}

BinnedTable::BinnedTable(const data::TableSchema& schema, const model::FeatureLayout& layout,
                         const data::Table& table)
    : rows_(table.rows), features_(layout.size), columns_(layout.blocks.size()) {
  const std::vector<std::uint32_t> sample = sampled_rows(rows_);
  parallel_for(columns_.size(), [&](std::size_t i) {
    const model::FeatureBlock& block = layout.blocks[i];
    BinnedColumn& column = columns_[i];
    column.first = block.first;
    column.one_hot = block.kind == model::FeatureBlock::Kind::one_hot;
    column.bins = static_cast<std::uint32_t>(block.size) + 1;
    if (column.one_hot) return;
    std::vector<float> scratch(kBlock), values;
    std::size_t next = 0;
    for (std::size_t begin = 0; begin < rows_; begin += kBlock) {
      const std::size_t end = std::min(begin + kBlock, rows_);
      const float* all = data::values_of(block.number, table, begin, end - begin, scratch.data());
      for (; next < sample.size() && sample[next] < end; ++next) {
        values.push_back(all[sample[next] - begin]);
      }
    }
    column.cuts = bin_cuts(std::move(values), most_bins(rows_));
    column.bins = static_cast<std::uint32_t>(column.cuts.size()) + 2;
  });
  group_columns();
  codes_.resize(rows_ * narrow_);
  wide_codes_.resize(rows_ * (groups_.size() - narrow_));
  parallel_for((rows_ + kBlock - 1) / kBlock, [&](std::size_t part) {
    const std::size_t begin = part * kBlock;
    const std::size_t end = std::min(begin + kBlock, rows_);
    std::vector<float> scratch(end - begin);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const model::FeatureBlock& block = layout.blocks[i];
      const BinnedColumn& column = columns_[i];
      const BinnedGroup& group = groups_[column.group];
      const auto add = [&](std::size_t row, std::uint32_t bin) {
        if (group.wide) {
          wide_codes_[group.place * rows_ + row] = bin;
        } else {
          auto& code = codes_[row * narrow_ + group.place];
          code = static_cast<std::uint8_t>(code + bin * column.stride);
        }
      };
      if (column.one_hot) {
        const data::Codes& codes = table.columns[block.column].codes();
        const data::Column& from = schema.columns[block.column];
        const auto first = static_cast<std::uint32_t>(block.first);
        const std::uint32_t none = first + column.bins - 1;
        for (std::size_t row = begin; row < end; ++row) {
          add(row, feature_of(block, from, codes[row], none) - first);
        }
        continue;
      }
      const float* values =
          data::values_of(block.number, table, begin, end - begin, scratch.data());
      for (std::size_t row = begin; row < end; ++row) {
        add(row, bin_of_number(column.cuts, values[row - begin]));
      }
    }
  });
}

void BinnedTable::group_columns() {
  // Small tables get small groups: to split a sum over a group's codes into sums over the bins of
  // its columns takes time, too.
  const auto most = static_cast<std::uint32_t>(std::clamp<std::size_t>(rows_ / 16, 16, kMostCodes));
  std::vector<std::size_t> order(columns_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return columns_[i].bins; });
  for (const std::size_t i : order) {
    BinnedColumn& column = columns_[i];
    const bool fits = !groups_.empty() && groups_.back().size * column.bins <= most;
    if (!fits) groups_.emplace_back();
    BinnedGroup& group = groups_.back();
    column.group = groups_.size() - 1;
    column.stride = group.size;
    group.columns.push_back(i);
    group.size *= column.bins;
  }
  for (BinnedGroup& group : groups_) {
    group.wide = group.size > kMostCodes;
    group.first_in_sums = sums_;
    sums_ += group.size;
    group.place =
        group.wide ? static_cast<std::size_t>(&group - groups_.data()) - narrow_ : narrow_++;
  }
}

}  // namespace vitrine::train
