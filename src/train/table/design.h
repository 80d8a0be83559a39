// Training rows as features, in packed form.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/table/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::train {

/// The design matrix of a linear model, row by row. A row has `codes`, the indices of its one-hot
/// features that are 1 (one for each category column), and `numbers`, scaled values (numbers, then
/// missing flags), whose features start at `first_number`. The code `features` means that no
/// feature is 1 (a category that is not kept). Plain data: threads may read it together.
struct Design {
  std::size_t rows = 0;
  std::size_t features = 0;
  std::size_t first_number = 0;
  std::size_t codes_per_row = 0;
  std::size_t numbers_per_row = 0;
  std::vector<std::uint32_t> codes;
  std::vector<float> numbers;

  const std::uint32_t* codes_of(std::size_t row) const {
    return codes.data() + row * codes_per_row;
  }
  const float* numbers_of(std::size_t row) const { return numbers.data() + row * numbers_per_row; }

  /// Calls `body(feature, value)` for each feature of a row that may not be 0. After the features
  /// come "no feature" (whose weight is always 0) and the bias, which is 1.
  template <typename Body>
  void for_each_feature(std::size_t row, const Body& body) const {
    const std::uint32_t* row_codes = codes_of(row);
    const float* row_numbers = numbers_of(row);
    for (std::size_t i = 0; i < codes_per_row; ++i) body(row_codes[i], 1.0);
    for (std::size_t i = 0; i < numbers_per_row; ++i) {
      body(first_number + i, static_cast<double>(row_numbers[i]));
    }
    body(features + 1, 1.0);
  }
};

/// Sets imputation and scaling of numbers in `model` from all rows of `table`: missing values
/// become the mean; scaled numbers have mean 0 and standard deviation 1.
void fit_scaling(const data::TableSchema& schema, const model::FeatureLayout& layout,
                 const data::Table& table, model::LinearModel& model);

/// Packs `table` with the scaling in `model`, by the same float arithmetic as Imputer and Scaler of
/// the ONNX graph. Uses all cores.
Design pack_design(const data::TableSchema& schema, const model::FeatureLayout& layout,
                   const data::Table& table, const model::LinearModel& model);

/// The one-hot feature of a category code in a block of that kind, or `none` if no feature is 1.
std::uint32_t feature_of(const model::FeatureBlock& block, const data::Column& column,
                         std::uint32_t code, std::uint32_t none);

/// The features of trees as dense floats for rows [begin, end), [row][feature]: one-hot features
/// are 0 or 1, missing numbers NaN.
std::vector<float> dense_features(const data::TableSchema& schema,
                                  const model::FeatureLayout& layout, const data::Table& table,
                                  std::size_t begin, std::size_t end);

}  // namespace vitrine::train
