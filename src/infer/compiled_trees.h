// Boosted trees laid out for answering fast; how is said in infer/tree_kernel.h.
#pragma once

#include <optional>
#include <vector>

#include "infer/tree_kernel.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine {

/// Thread-safe once made.
class CompiledTrees {
 public:
  /// Nothing for ensembles that look at more places than a row has bytes (256).
  static std::optional<CompiledTrees> compile(const TreeEnsemble& ensemble,
                                              const TableSchema& schema,
                                              const FeatureLayout& layout);

  /// The margins of rows [first, first + count), row after row, one a target. Sums are in double.
  void margins(const Table& table, std::size_t first, std::size_t count, double* out) const {
    margins_by(best_tree_kernel(), table, first, count, out);
  }
  /// The same by a kernel that this processor has.
  void margins_by(TreeKernel walk, const Table& table, std::size_t first, std::size_t count,
                  double* out) const;

 private:
  friend class TreeCompiler;
  std::vector<float> base_;
  TreeTables tables_;
};

}  // namespace vitrine
