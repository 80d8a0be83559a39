// SHAP values of boosted trees: Lundberg et al., "Consistent Individualized Feature Attribution for
// Tree Ensembles" (2018), algorithm 2 (as XGBoost's pred_contribs), sixteen rows at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine {

/// Thread-safe once made.
class TreeContributions {
 public:
  static constexpr std::size_t kRows = 16;  ///< at a time

  /// Nothing where the trees do not say how many rows went through their nodes, or have over 64
  /// levels. `layout` is that of lay_out_features(schema, false), and fits the trees.
  static std::optional<TreeContributions> of(const TreeEnsemble& ensemble,
                                             const TableSchema& schema,
                                             const FeatureLayout& layout);

  /// The margins' means over the rows that taught, one a target.
  const std::vector<double>& base() const { return base_; }

  /// Adds to out[(row * targets + target) * columns + column] what the columns of rows
  /// [first, first + count) contribute; at most kRows rows. One-hot features count for their
  /// column.
  void add(const Table& table, std::size_t first, std::size_t count, double* out) const;

  /// A tree's nodes in the order in which they are walked.
  struct Node {
    std::int32_t feature = -1;  ///< -1: a leaf
    float value = 0;            ///< threshold, or what the leaf adds
    std::int32_t left = 0;
    std::int32_t right = 0;
    float left_share = 0;  ///< of the node's rows
    float right_share = 0;
    bool missing_left = false;
  };
  struct Rooted {
    std::vector<Node> nodes;
    std::size_t levels = 0;
  };

 private:
  /// What the trees see of the rows: out[feature * kRows + row], which are 0 before.
  void read(const Table& table, std::size_t first, std::size_t count, float* out) const;

  std::vector<Rooted> trees_;
  std::vector<double> base_;
  FeatureLayout layout_;
  std::vector<float> missing_numbers_;          ///< by block; NaN: none
  std::vector<std::size_t> categories_;         ///< by block: how many are known
  std::vector<std::size_t> column_of_feature_;  ///< of the schema
  std::size_t columns_ = 0;
  std::size_t most_levels_ = 0;
};

}  // namespace vitrine
