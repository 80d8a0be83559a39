// How the columns of a table become the numbers that a classifier sees. The
// order is that of the ONNX graph: first the one-hot blocks of the category
// columns, then the numbers, then a flag for each number column that may be
// missing (linear models only; trees see NaN itself).
#pragma once

#include <string>
#include <vector>

#include "data/schema.h"

namespace vitrine {

struct FeatureBlock {
  enum class Kind { one_hot, number, missing_flag };
  Kind kind;
  std::size_t column;  ///< place in the schema
  std::size_t first;   ///< place of its first feature
  std::size_t size;    ///< one_hot: categories, and one more for missing if it occurred
};

struct FeatureLayout {
  std::vector<FeatureBlock> blocks;
  std::size_t size = 0;
  std::size_t numbers = 0;  ///< blocks of kind number
};

FeatureLayout lay_out_features(const TableSchema& schema, bool missing_flags);

/// `contract=two_year`, `tenure`, `totalcharges is missing`: one a feature.
std::vector<std::string> feature_names(const TableSchema& schema, const FeatureLayout& layout);

}  // namespace vitrine
