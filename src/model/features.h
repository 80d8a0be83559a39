// The layout of a table classifier's features. The order is that of the ONNX graph: first the
// one-hot blocks of the category columns, then the numbers (those of number columns, and several of
// each date and text column), then a flag for each number or date column that may be missing (only
// for linear models; trees handle NaN).
#pragma once

#include <string>
#include <vector>

#include "data/table/date_parts.h"
#include "data/table/schema.h"

namespace vitrine::model {

struct FeatureBlock {
  enum class Kind { one_hot, number, missing_flag };
  Kind kind;
  std::size_t column;  ///< index of the column in the schema
  std::size_t first;   ///< index of the block's first feature
  std::size_t size;    ///< one_hot: number of categories, plus 1 if the column may be missing
  /// number: its values; missing_flag: values that are NaN where the column is missing
  data::NumberFeature number = {};
};

struct FeatureLayout {
  std::vector<FeatureBlock> blocks;
  std::size_t size = 0;
  std::size_t numbers = 0;  ///< number of blocks of kind `number`
};

FeatureLayout lay_out_features(const data::TableSchema& schema, bool missing_flags);

/// The name of each feature: `contract=two_year`, `tenure`, `totalcharges is missing`, `signup
/// (weekday)`, `end - start`.
std::vector<std::string> feature_names(const data::TableSchema& schema,
                                       const FeatureLayout& layout);

}  // namespace vitrine::model
