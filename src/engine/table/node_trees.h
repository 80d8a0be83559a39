// Trees of any size for prediction, as arrays of nodes: for ensembles that do not fit TreeTables
// (engine/table/tree_kernel.h), such as forests of deep trees.
//
// Each comparison becomes one of unsigned numbers, `value < key`, without a branch: floats as keys
// in their order, one-hot features as 0 or 1, missing numbers as the least or the greatest value.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/table/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::engine {

/// Immutable, thread-safe.
class NodeTrees {
 public:
  /// `layout` is that of lay_out_features(schema, false) and must match the trees, whose children
  /// come after their parents.
  NodeTrees(const model::TreeEnsemble& ensemble, const data::TableSchema& schema,
            const model::FeatureLayout& layout);

  /// Computes the margins of rows [first, first + count): out[row * targets + target]. Sums are
  /// computed in double.
  void margins(const data::Table& table, std::size_t first, std::size_t count, double* out) const;

 private:
  static constexpr std::size_t kLanes = 8;  ///< walks at a time, to hide the latency of memory
  using Lanes = std::array<std::int32_t, kLanes>;

  /// Goes left if the row's value is below the key. The right child stands behind the left one. A
  /// leaf has the key 0 and goes right, to itself.
  struct Node {
    std::uint32_t key = 0;
    std::uint32_t slot = 0;  ///< the place of the value in a row
    std::int32_t left = 0;   ///< of a leaf: its own place - 1
  };
  /// A number of the layout, in one slot for nodes to whose right it goes if it is missing, in
  /// another for the others.
  struct Number {
    data::NumberFeature source;
    std::array<std::int32_t, 2> slots{-1, -1};  ///< by missing_left; -1: no node asks
  };
  /// The slots of the codes of a category, -1 if no node asks.
  struct Category {
    std::size_t column = 0;
    bool has_missing = false;  ///< the last code means missing
    std::vector<std::int32_t> slots;
  };
  /// One root, for all trees that differ only in their leaves.
  struct Root {
    std::int32_t node = 0;
    std::uint32_t margin = 0;  ///< the first one
    std::uint32_t margins = 1;
  };

  class Builder;

  void read(const data::Table& table, std::size_t first, std::size_t count,
            std::uint32_t* values) const;
  Lanes leaves(Lanes at, const std::array<const std::uint32_t*, kLanes>& rows) const;
  void add_leaf(const Root& root, std::int32_t leaf, double* margins) const;
  void add_trees_of_row(const std::uint32_t* row, double* margins) const;
  void add_rows_of_tree(const Root& root, const std::uint32_t* values, std::size_t count,
                        double* margins) const;
  std::size_t rows_at_once() const;

  std::vector<double> base_;
  std::vector<Number> numbers_;
  std::vector<Category> categories_;
  std::size_t slots_ = 1;  ///< the first one is for leaves
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> leaf_places_;  ///< by node: the first of its values in `leaves_`
  std::vector<Root> roots_;
  std::vector<float> leaves_;
};

}  // namespace vitrine::engine
