// The training rows as a classifier sees them, packed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine {

/// The design matrix of a linear model. A row is `codes` feature indices (one
/// for each category column: the feature that is 1) and `numbers` scaled values
/// (numbers, then missing flags), whose features start at `first_number`. The
/// index `features` means no feature at all (a category that is not kept).
/// Plain data, row after row: threads may read it together.
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
};

/// What is done to numbers before a linear model sees them, found from all rows
/// of `table`: missing becomes the mean; mean 0 and deviation 1.
void fit_scaling(const TableSchema& schema, const FeatureLayout& layout, const Table& table,
                 LinearModel& model);

/// Packs `table` with the scaling in `model`, by the very float arithmetic of the
/// ONNX graph's Imputer and Scaler.
Design pack_design(const TableSchema& schema, const FeatureLayout& layout, const Table& table,
                   const LinearModel& model);

/// Rows as dense floats for trees: one-hot 0 or 1, missing numbers NaN.
std::vector<float> dense_features(const TableSchema& schema, const FeatureLayout& layout,
                                  const Table& table);

}  // namespace vitrine
