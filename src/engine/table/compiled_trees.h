// Boosted trees in a form for fast prediction, which engine/table/tree_kernel.h describes.
#pragma once

#include <optional>
#include <vector>

#include "engine/table/tree_kernel.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::engine {

/// Immutable, thread-safe.
class CompiledTrees {
 public:
  /// Returns nullopt if the ensemble needs more bytes than a row has (256), or has trees of more
  /// than six levels: NodeTrees are faster for these. `layout` is that of
  /// lay_out_features(schema, false).
  static std::optional<CompiledTrees> compile(const model::TreeEnsemble& ensemble,
                                              const data::TableSchema& schema,
                                              const model::FeatureLayout& layout);

  /// Computes the margins of rows [first, first + count): out[row * targets + target]. Sums are
  /// computed in double.
  void margins(const data::Table& table, std::size_t first, std::size_t count, double* out) const {
    margins_by(best_tree_kernel(), table, first, count, out);
  }
  /// The same with a given kernel, which this processor must support.
  void margins_by(TreeKernel walk, const data::Table& table, std::size_t first, std::size_t count,
                  double* out) const;

 private:
  friend class TreeCompiler;
  std::vector<float> base_;
  TreeTables tables_;
};

}  // namespace vitrine::engine
