// A table in bins, as trees are trained on it. All folds, shapes and rounds share it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/table/table.h"
#include "model/features.h"

namespace vitrine::train {

/// A block of features. One-hot features: bin b of the first ones is "feature `first + b` is 1",
/// the last bin is "none is". A number: bin b holds cuts[b - 1] <= x < cuts[b], the last bin the
/// missing ones.
struct BinnedColumn {
  std::size_t first = 0;  ///< its first feature
  bool one_hot = false;
  std::vector<float> cuts;
  std::uint32_t bins = 0;
  std::size_t group = 0;
  std::uint32_t stride = 1;  ///< the bin is code / stride % bins

  std::uint32_t bin_of(std::uint32_t code) const { return code / stride % bins; }
};

/// Columns whose bins are one code: the product of their bins is at most 256, so that one addition
/// to a histogram counts all of them. A column with more bins than that is a group of its own.
struct BinnedGroup {
  std::vector<std::size_t> columns;
  std::uint32_t size = 1;         ///< number of codes
  std::size_t first_in_sums = 0;  ///< its place in a histogram of all groups
  bool wide = false;              ///< more than 256 codes
  std::size_t place = 0;          ///< among the narrow or among the wide groups
};

/// Immutable after construction, so threads may read it together.
class BinnedTable {
 public:
  /// Numbers have up to 255 bins besides the missing one (of small tables fewer), by quantiles of
  /// at most 200,000 rows; cuts lie midway between values. Uses all cores.
  BinnedTable(const data::TableSchema& schema, const model::FeatureLayout& layout,
              const data::Table& table);

  std::size_t rows() const { return rows_; }
  std::size_t features() const { return features_; }
  const std::vector<BinnedColumn>& columns() const { return columns_; }
  const std::vector<BinnedGroup>& groups() const { return groups_; }
  std::size_t sums() const { return sums_; }  ///< codes of all groups

  std::size_t narrow_groups() const { return narrow_; }
  const std::uint8_t* narrow_codes(std::size_t row) const { return codes_.data() + row * narrow_; }
  const std::uint32_t* wide_codes(std::size_t place) const { return &wide_codes_[place * rows_]; }
  std::uint32_t code(std::size_t row, const BinnedGroup& group) const {
    return group.wide ? wide_codes_[group.place * rows_ + row]
                      : codes_[row * narrow_ + group.place];
  }

 private:
  void group_columns();

  std::size_t rows_;
  std::size_t features_;
  std::vector<BinnedColumn> columns_;
  std::vector<BinnedGroup> groups_;
  std::size_t sums_ = 0;
  std::size_t narrow_ = 0;
  std::vector<std::uint8_t> codes_;        ///< [row][narrow group]
  std::vector<std::uint32_t> wide_codes_;  ///< [wide group][row]
};

/// The cuts of numbers (NaN is missing): at most `most` bins, each with about as many values; a
/// frequent value has a bin of its own. Each cut lies between two of the values.
std::vector<float> bin_cuts(std::vector<float> values, std::size_t most);

}  // namespace vitrine::train
