#include "engine/table/compiled_linear.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vitrine::engine {

CompiledLinear::CompiledLinear(const model::LinearModel& model, const data::TableSchema& schema,
                               const model::FeatureLayout& layout)
    : bias_(model.bias.begin(), model.bias.end()), columns_(schema.columns.size()) {
  const std::size_t targets = model.weights.size();
  std::size_t place = 0;  // index among the numbers
  for (const model::FeatureBlock& block : layout.blocks) {
    const data::Column& column = schema.columns[block.column];
    if (block.kind == model::FeatureBlock::Kind::number) {
      Number number{block.column,
                    block.number,
                    model.offset[place],
                    std::vector<double>(targets),
                    std::vector<double>(targets),
                    {}};
      const double imputed =
          (double{model.imputed[place]} - model.offset[place]) * model.scale[place];
      for (std::size_t k = 0; k < targets; ++k) {
        const double weight = model.weights[k][block.first];
        number.weight[k] = weight * model.scale[place];
        number.if_missing[k] = weight * imputed;
      }
      numbers_.push_back(std::move(number));
      ++place;
    } else if (block.kind == model::FeatureBlock::Kind::missing_flag) {
      const auto number = std::ranges::find(numbers_, block.column, &Number::column);
      for (std::size_t k = 0; k < targets; ++k) {
        number->if_missing[k] += model.weights[k][block.first];
      }
    } else {
      Category category{block.column,
                        static_cast<std::uint32_t>(column.categories.size()),
                        column.had_missing(),
                        {},
                        {}};
      for (std::size_t code = 0; code < block.size; ++code) {
        for (std::size_t k = 0; k < targets; ++k) {
          category.weights.push_back(model.weights[k][block.first + code]);
        }
      }
      category.weights.resize(category.weights.size() + targets, 0);
      categories_.push_back(std::move(category));
    }
  }
  find_means(schema);
}

void CompiledLinear::find_means(const data::TableSchema& schema) {
  const std::size_t targets = bias_.size();
  mean_ = bias_;
  for (Number& number : numbers_) {
    const data::Column& column = schema.columns[number.column];
    const double missing = column.missing_share;
    knows_means_ = knows_means_ && (!column.quantiles.empty() || number.source.output);
    has_dates_ = has_dates_ || number.source.part;
    // Training centres the parts of dates and the scores of texts at their means.
    const double mean =
        number.source.is_value() ? column.mean - column.origin.value_or(0) : number.offset;
    for (std::size_t k = 0; k < targets; ++k) {
      number.mean.push_back((1 - missing) * (mean - number.offset) * number.weight[k] +
                            missing * number.if_missing[k]);
      mean_[k] += number.mean[k];
    }
  }
  for (Category& category : categories_) {
    const data::Column& column = schema.columns[category.column];
    double rows = static_cast<double>(column.rare_rows);
    for (const vitrine::data::Category& one : column.categories)
      rows += static_cast<double>(one.count);
    knows_means_ = knows_means_ && rows > 0;
    const double missing = category.has_missing ? column.missing_share : 0;
    category.mean.assign(targets, 0);
    for (std::size_t k = 0; k < targets; ++k) {
      for (std::size_t code = 0; code < category.known && rows > 0; ++code) {
        category.mean[k] += (1 - missing) * static_cast<double>(column.categories[code].count) /
                            rows * category.weights[code * targets + k];
      }
      category.mean[k] += missing * category.weights[category.known * targets + k];
      mean_[k] += category.mean[k];
    }
  }
}

/// Calls add(row, target, part, column) with each column's part of each row's margins; `column` is
/// a Number or a Category.
template <typename Add>
void CompiledLinear::add_columns(const data::Table& table, std::size_t first, std::size_t count,
                                 Add add) const {
  const std::size_t targets = bias_.size();
  std::vector<float> scratch(has_dates_ ? count : 0);
  for (const Number& number : numbers_) {
    const float* values = data::values_of(number.source, table, first, count, scratch.data());
    for (std::size_t k = 0; k < targets; ++k) {
      const double weight = number.weight[k];
      const double if_missing = number.if_missing[k];
      for (std::size_t row = 0; row < count; ++row) {
        const float x = values[row];
        const bool missing = std::isnan(x);
        add(row, k, missing ? if_missing : (x - number.offset) * weight, number);
      }
    }
  }
  for (const Category& category : categories_) {
    const std::uint32_t* codes = &table.columns[category.column].codes()[first];
    const std::uint32_t unknown = category.known + (category.has_missing ? 1 : 0);
    for (std::size_t row = 0; row < count; ++row) {
      std::uint32_t code = codes[row];
      if (code == data::kMissingCode && category.has_missing)
        code = category.known;
      else if (code >= category.known)
        code = unknown;
      const double* weights = &category.weights[code * targets];
      for (std::size_t k = 0; k < targets; ++k) add(row, k, weights[k], category);
    }
  }
}

void CompiledLinear::margins(const data::Table& table, std::size_t first, std::size_t count,
                             double* out) const {
  const std::size_t targets = bias_.size();
  for (std::size_t row = 0; row < count; ++row) {
    std::ranges::copy(bias_, out + row * targets);
  }
  add_columns(table, first, count, [&](std::size_t row, std::size_t k, double part, const auto&) {
    out[row * targets + k] += part;
  });
}

void CompiledLinear::contributions(const data::Table& table, std::size_t first, std::size_t count,
                                   double* out) const {
  const std::size_t targets = bias_.size();
  std::fill_n(out, count * targets * columns_, 0.0);
  add_columns(table, first, count,
              [&](std::size_t row, std::size_t k, double part, const auto& of) {
                out[(row * targets + k) * columns_ + of.column] += part - of.mean[k];
              });
}

}  // namespace vitrine::engine
