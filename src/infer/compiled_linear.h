// Linear models laid out for answering fast: a product for each number, a look-up for each
// category.
#pragma once

#include <cstdint>
#include <vector>

#include "data/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine {

/// Thread-safe once made.
class CompiledLinear {
 public:
  /// `layout` is that of lay_out_features(schema, true), and fits the model.
  CompiledLinear(const LinearModel& model, const TableSchema& schema, const FeatureLayout& layout);

  std::size_t targets() const { return bias_.size(); }

  /// Whether the card says what the rows that taught were like: imported models' do not.
  bool knows_means() const { return knows_means_; }

  /// The margins' means over the rows that taught, as the card's counts and means give them.
  const std::vector<double>& base() const { return mean_; }

  /// What each column adds to the base: out[(row * targets + target) * columns + column] of rows
  /// [first, first + count); it is set to 0 before.
  void contributions(const Table& table, std::size_t first, std::size_t count, double* out) const;

  /// The margins of rows [first, first + count), row after row, `targets()` each.
  void margins(const Table& table, std::size_t first, std::size_t count, double* out) const;

 private:
  struct Number {
    std::size_t column;
    float missing_number;  ///< NaN: none
    double offset;
    std::vector<double> weight;      ///< by target: scale x weight
    std::vector<double> if_missing;  ///< by target: the imputed value's part, and the flag's
    std::vector<double> mean;        ///< by target: of the rows that taught
  };
  struct Category {
    std::size_t column;
    std::uint32_t known;          ///< codes below it have weights
    bool has_missing;             ///< the weights behind them are a missing value's
    std::vector<double> weights;  ///< [code][target]; a last row of zeros for what is not known
    std::vector<double> mean;     ///< by target: of the rows that taught
  };

  void find_means(const TableSchema& schema);
  template <typename Add>
  void add_columns(const Table& table, std::size_t first, std::size_t count, Add add) const;

  std::vector<double> bias_;
  std::vector<double> mean_;
  std::size_t columns_ = 0;
  bool knows_means_ = true;
  std::vector<Number> numbers_;
  std::vector<Category> categories_;
};

}  // namespace vitrine
