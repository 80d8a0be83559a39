// SHAP values of boosted trees: Lundberg et al., "Consistent Individualized Feature Attribution for
// Tree Ensembles" (2018), algorithm 2 (the same as XGBoost's pred_contribs), for 16 rows at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/table/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::engine {

/// Immutable, thread-safe.
class TreeContributions {
 public:
  static constexpr std::size_t kRows = 16;  ///< rows per call of add()

  /// Returns nullopt if the trees have no valid covers or more than 64 levels. `layout` is that of
  /// lay_out_features(schema, false) and must match the trees.
  static std::optional<TreeContributions> of(const model::TreeEnsemble& ensemble,
                                             const data::TableSchema& schema,
                                             const model::FeatureLayout& layout);

  /// The mean margins of the training rows, one for each target.
  const std::vector<double>& base() const { return base_; }

  /// Adds the contributions of rows [first, first + count), at most kRows, to
  /// out[(row * targets + target) * columns + column]. Those of one-hot features are added up for
  /// their column.
  void add(const data::Table& table, std::size_t first, std::size_t count, double* out) const;

  /// A node of a tree; children come after their parents.
  struct Node {
    std::int32_t feature = -1;  ///< -1: a leaf
    float value = 0;            ///< the threshold, or the value of a leaf
    std::int32_t left = 0;
    std::int32_t right = 0;
    float left_share = 0;  ///< share of the node's training rows that go left
    float right_share = 0;
    bool missing_left = false;
  };
  struct Rooted {
    std::vector<Node> nodes;
    std::size_t levels = 0;
  };

 private:
  /// Writes the features of rows to out[feature * kRows + row], which must be 0 before.
  void read(const data::Table& table, std::size_t first, std::size_t count, float* out) const;

  std::vector<Rooted> trees_;
  std::vector<double> base_;
  std::vector<std::size_t> margins_;  ///< by tree
  model::FeatureLayout layout_;
  std::vector<std::size_t> categories_;         ///< by block: number of categories
  std::vector<std::size_t> column_of_feature_;  ///< by feature: column of the schema
  std::size_t columns_ = 0;
  std::size_t most_levels_ = 0;
};

}  // namespace vitrine::engine
