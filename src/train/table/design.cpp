#include "train/table/design.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"

namespace vitrine::train {
namespace {

constexpr std::size_t kBlock = 16384;

void for_each_block(std::size_t rows, const std::function<void(std::size_t, std::size_t)>& body) {
  parallel_for((rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    body(block * kBlock, std::min((block + 1) * kBlock, rows));
  });
}

}  // namespace

std::uint32_t feature_of(const model::FeatureBlock& block, const data::Column& column,
                         std::uint32_t code, std::uint32_t none) {
  const auto first = static_cast<std::uint32_t>(block.first);
  if (code < column.categories.size()) return first + code;
  if (code == data::kMissingCode && column.had_missing()) {
    return first + static_cast<std::uint32_t>(column.categories.size());
  }
  return none;
}

void fit_scaling(const data::TableSchema& schema, const model::FeatureLayout& layout,
                 const data::Table& table, model::LinearModel& model) {
  for (const model::FeatureBlock& block : layout.blocks) {
    if (block.kind != model::FeatureBlock::Kind::number) continue;
    double sum = 0;
    double squares = 0;
    std::size_t known = 0;
    const data::Column& column = schema.columns[block.column];
    // Avoids cancellation.
    const double centre = block.number.is_value() ? column.mean - column.origin.value_or(0) : 0;
    std::vector<float> scratch(block.number.part ? table.rows : 0);
    const float* values = data::values_of(block.number, table, 0, table.rows, scratch.data());
    for (std::size_t row = 0; row < table.rows; ++row) {
      const float value = values[row];
      if (std::isnan(value)) continue;
      const double x = static_cast<double>(value) - centre;
      sum += x;
      squares += x * x;
      ++known;
    }
    const double n = std::max<double>(1, static_cast<double>(known));
    const double mean = sum / n;
    const double deviation = std::sqrt(std::max(0.0, squares / n - mean * mean));
    const auto offset = static_cast<float>(mean + centre);
    const double scale = deviation > 0 ? 1 / deviation : 1;
    model.imputed.push_back(offset);
    model.offset.push_back(offset);
    model.scale.push_back(std::isfinite(static_cast<float>(scale)) ? static_cast<float>(scale)
                                                                   : 1.0F);
  }
}

Design pack_design(const data::TableSchema& schema, const model::FeatureLayout& layout,
                   const data::Table& table, const model::LinearModel& model) {
  Design design;
  design.rows = table.rows;
  design.features = layout.size;
  design.first_number = layout.size;
  for (const model::FeatureBlock& block : layout.blocks) {
    const bool code = block.kind == model::FeatureBlock::Kind::one_hot;
    design.codes_per_row += code ? 1 : 0;
    design.numbers_per_row += code ? 0 : 1;
    if (!code) design.first_number = std::min(design.first_number, block.first);
  }
  design.codes.resize(table.rows * design.codes_per_row);
  design.numbers.resize(table.rows * design.numbers_per_row);
  for_each_block(table.rows, [&](std::size_t begin, std::size_t end) {
    std::size_t code_place = 0;
    std::size_t number_place = 0;
    std::vector<float> scratch(end - begin);
    for (const model::FeatureBlock& block : layout.blocks) {
      const data::ColumnData& from = table.columns[block.column];
      const data::Column& column = schema.columns[block.column];
      if (block.kind == model::FeatureBlock::Kind::one_hot) {
        for (std::size_t row = begin; row < end; ++row) {
          design.codes[row * design.codes_per_row + code_place] =
              feature_of(block, column, from.codes()[row], static_cast<std::uint32_t>(layout.size));
        }
        ++code_place;
        continue;
      }
      const std::size_t place = number_place++;
      const float* values =
          data::values_of(block.number, table, begin, end - begin, scratch.data());
      for (std::size_t row = begin; row < end; ++row) {
        const float value = values[row - begin];
        float& out = design.numbers[row * design.numbers_per_row + place];
        if (block.kind == model::FeatureBlock::Kind::missing_flag) {
          out = std::isnan(value) ? 1.0F : 0.0F;
        } else {
          const float known = std::isnan(value) ? model.imputed[place] : value;
          out = (known - model.offset[place]) * model.scale[place];
        }
      }
    }
  });
  return design;
}

std::vector<float> dense_features(const data::TableSchema& schema,
                                  const model::FeatureLayout& layout, const data::Table& table,
                                  std::size_t begin, std::size_t end) {
  std::vector<float> dense((end - begin) * layout.size, 0.0F);
  std::vector<float> scratch(end - begin);
  for (const model::FeatureBlock& block : layout.blocks) {
    float* const of_block = dense.data() + block.first;
    if (block.kind == model::FeatureBlock::Kind::number) {
      const float* values =
          data::values_of(block.number, table, begin, end - begin, scratch.data());
      for (std::size_t i = 0; i < end - begin; ++i) of_block[i * layout.size] = values[i];
      continue;
    }
    const data::Codes& codes = table.columns[block.column].codes();
    const auto none = static_cast<std::uint32_t>(layout.size);
    for (std::size_t row = begin; row < end; ++row) {
      const auto feature = feature_of(block, schema.columns[block.column], codes[row], none);
      if (feature != none) dense[(row - begin) * layout.size + feature] = 1.0F;
    }
  }
  return dense;
}

}  // namespace vitrine::train
