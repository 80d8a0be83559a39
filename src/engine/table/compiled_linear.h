// Linear models in a form for fast prediction: a product for each number, a look-up for each
// category.
#pragma once

#include <cstdint>
#include <vector>

#include "data/table/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::engine {

/// Immutable, thread-safe.
class CompiledLinear {
 public:
  /// `layout` is that of lay_out_features(schema, true) and must match the model.
  CompiledLinear(const model::LinearModel& model, const data::TableSchema& schema,
                 const model::FeatureLayout& layout);

  std::size_t targets() const { return bias_.size(); }

  /// True if the card has the statistics of the training rows; those of imported models have not.
  bool knows_means() const { return knows_means_; }

  /// The mean margins of the training rows, computed from the card's counts and means.
  const std::vector<double>& base() const { return mean_; }

  /// Computes the contributions of each column for rows [first, first + count):
  /// out[(row * targets + target) * columns + column].
  void contributions(const data::Table& table, std::size_t first, std::size_t count,
                     double* out) const;

  /// Computes the margins of rows [first, first + count): out[row * targets() + target].
  void margins(const data::Table& table, std::size_t first, std::size_t count, double* out) const;

 private:
  struct Number {
    std::size_t column;
    data::NumberFeature source;
    double offset;
    std::vector<double> weight;      ///< by target: scale * weight
    std::vector<double> if_missing;  ///< by target: part of the imputed value plus the flag
    std::vector<double> mean;        ///< by target: mean part over the training rows
  };
  struct Category {
    std::size_t column;
    std::uint32_t known;          ///< number of categories
    bool has_missing;             ///< the row of weights after the categories is for missing
    std::vector<double> weights;  ///< [code][target]; the last row is zeros, for unseen values
    std::vector<double> mean;     ///< by target: mean part over the training rows
  };

  void find_means(const data::TableSchema& schema);
  template <typename Add>
  void add_columns(const data::Table& table, std::size_t first, std::size_t count, Add add) const;

  std::vector<double> bias_;
  std::vector<double> mean_;
  std::size_t columns_ = 0;
  bool knows_means_ = true;
  bool has_dates_ = false;
  std::vector<Number> numbers_;
  std::vector<Category> categories_;
};

}  // namespace vitrine::engine
