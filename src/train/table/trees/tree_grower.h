// Grows one tree from histograms of quantised gradients.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/classifier.h"
#include "train/table/trees/binned_table.h"

namespace vitrine::train {

/// The first and second derivative of the loss of each row as whole numbers, so that sums don't
/// depend on their order: (first << 32) + second. Units are such that no sum overflows.
struct QuantizedGradients {
  std::vector<std::int64_t> of_row;
  double gradient_unit = 1;
  double hessian_unit = 1;

  double gradient(std::int64_t sum) const { return static_cast<double>(sum >> 32) * gradient_unit; }
  double hessian(std::int64_t sum) const {
    return static_cast<double>(static_cast<std::uint32_t>(sum)) * hessian_unit;
  }
};

/// A tree over bins. A node goes left where the bit of the row's code in its group is set.
struct BinnedTree {
  struct Node {
    std::int32_t group = -1;  ///< -1: a leaf
    std::uint32_t first_bit = 0;
    std::uint32_t left = 0;
    std::uint32_t right = 0;
    float value = 0;  ///< of a leaf
  };
  std::vector<Node> nodes;
  std::vector<std::uint64_t> bits;

  bool goes_left(const Node& node, std::uint32_t code) const {
    const std::uint32_t bit = node.first_bit + code;
    return (bits[bit / 64] >> (bit % 64) & 1U) != 0;
  }
  /// The value of the leaf that a row of the table reaches.
  float value_of(const BinnedTable& table, std::size_t row) const;
};

struct GrowOptions {
  int depth = 6;
  std::size_t leaves = 0;    ///< 0: as many as the depth allows
  double least_hessian = 1;  ///< of a leaf
  double l2 = 1;
  double learning_rate = 0.1;
  double most_step = 0;  ///< above 0: largest value of a leaf, before the learning rate
  /// Above 0: so many columns are drawn for each node (Breiman 2001), up to ten times as many while
  /// none of them splits it, and a leaf that can be split is, so `leaves` must be 0.
  std::size_t node_columns = 0;
  std::uint64_t seed = 1;  ///< with `stream`: of the columns of nodes
  std::uint64_t stream = 0;
};

/// A grown tree, over features and over bins, node by node the same.
struct GrownTree {
  model::Tree tree;
  BinnedTree binned;
};

/// Grows trees on rows of a table, the leaf of the largest gain first. Splits have the exact gain
/// of the bins (Chen and Guestrin 2016, equation 7); a missing number goes to the side where the
/// gain is larger. Sums of the larger child are those of its parent less its sibling's. The result
/// is the same on any number of cores. Not thread-safe.
class TreeGrower {
 public:
  /// `table` must outlive it.
  explicit TreeGrower(const BinnedTable& table) : table_(table) {}

  /// `columns`, ascending, are those that may be split.
  GrownTree grow(std::span<const std::uint32_t> rows, const QuantizedGradients& gradients,
                 std::span<const std::size_t> columns, const GrowOptions& options);

  /// After grow(): calls `body(value, rows)` for each leaf.
  template <typename Body>
  void for_each_leaf(const Body& body) const {
    for (const Leaf& leaf : leaves_) {
      body(leaf.value, rows_of(leaf));
    }
  }

 private:
  using Sums = std::vector<std::int64_t>;

  struct Split {
    double gain = 0;
    std::size_t column = 0;
    std::uint32_t bin = 0;  ///< a number: the last bin on the left, or the number of cuts; one-hot:
                            ///< the bin on the right
    bool missing_left = false;
    std::int64_t left = 0;  ///< sum of the gradients
  };
  struct Leaf {
    std::size_t node = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    int depth = 0;
    std::int64_t sum = 0;
    Sums sums;  ///< [code of all groups]; empty if the leaf will not be split
    Split split;
    float value = 0;
  };

  std::span<const std::uint32_t> rows_of(const Leaf& leaf) const {
    return std::span(rows_).subspan(leaf.begin, leaf.end - leaf.begin);
  }
  Sums take_sums();
  void add_rows(std::span<const std::uint32_t> rows, Sums& to) const;
  void add_up(const Leaf& leaf, Sums& sums) const;
  void find_split(Leaf& leaf);
  void find_split_of_drawn(Leaf& leaf);
  void scan(std::size_t index, Leaf& leaf);
  void split_group_sums(const BinnedColumn& column, const Leaf& leaf);
  void add_bins(const BinnedColumn& column, const Leaf& leaf);
  void scan_number(const BinnedColumn& column, std::size_t index, Leaf& leaf);
  void scan_one_hot(const BinnedColumn& column, std::size_t index, Leaf& leaf);
  /// Takes the best of the splits with `lefts_` on the left, if it is better than the leaf's.
  void consider(Leaf& leaf, std::size_t column, bool missing_left);
  double score(std::int64_t sum) const;
  void split(std::size_t leaf);
  void mark_left(const Split& split, BinnedTree::Node& node);
  std::size_t partition(const Leaf& leaf, const BinnedTree::Node& node);
  void finish_leaf(Leaf& leaf);

  const BinnedTable& table_;
  const QuantizedGradients* gradients_ = nullptr;
  GrowOptions options_;
  std::span<const std::size_t> columns_;
  std::vector<std::size_t> groups_;  ///< those of the columns
  std::vector<std::uint32_t> rows_;  ///< leaf by leaf
  std::vector<std::uint32_t> scratch_;
  std::vector<std::int64_t> bins_;  ///< sums over the bins of one column
  std::vector<std::int64_t> lefts_;
  std::vector<double> gains_;
  std::vector<std::size_t> drawn_;  ///< a permutation of the columns
  std::vector<Leaf> leaves_;
  std::vector<Sums> free_sums_;
  GrownTree grown_;
};

}  // namespace vitrine::train
