// The features of a foreign model as functions of raw columns, and linear models and trees on such
// features as models of Vitrine.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/table/schema.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::interop {

/// A column of the raw table: numbers, or one of some values.
struct ForeignColumn {
  std::string name;
  bool category = false;
  std::vector<std::string> values = {};  ///< of a category: spellings, without duplicates
  /// Of numbers: the model computes with float(x - origin). Set where floats of x would lose digits
  /// that count.
  std::optional<double> origin = {};
};

/// A step of a scaler: x -> (x + add) * times, or (x * times) + add if `times_first`. In double, as
/// numpy computes it; a division is `divides` with its divisor in `times`.
struct ScalingStep {
  double add = 0;
  double times = 1;
  bool divides = false;
  bool times_first = false;

  double of(double x) const;
};

/// A feature: a function of one column.
struct ForeignFeature {
  std::size_t column = 0;
  std::vector<ScalingStep> steps;  ///< of a number, in this order; of a category after `by_value`
  double if_missing = 0;  ///< the number that stands for a missing one; NaN: missing to the model
  /// Of a category: places in ForeignColumn::values with their numbers; the others have `unseen`.
  std::vector<std::pair<std::size_t, double>> by_value;
  double unseen = 0;   ///< of a category that is not in `by_value`, known or not
  double missing = 0;  ///< of a missing category
  /// The first of `steps` that `if_missing` or `missing` goes through: an imputer may stand behind
  /// scalers.
  std::size_t missing_from = 0;
  /// A result of 0 is missing to the model: XGBoost reads sparse matrices so.
  bool zero_is_missing = false;

  double scaled(double x) const;
  /// The feature of a missing number or category.
  double of_missing(bool category) const;
};

struct ForeignTable {
  std::vector<ForeignColumn> columns;
  std::vector<ForeignFeature> features;  ///< in the model's order
};

/// Of a number: the x at which the feature is 0, and the distance from it at which it is 1, if the
/// feature has steps; else nullopt.
struct Scaling {
  double centre = 0;
  double unit = 1;
};
std::optional<Scaling> scaling_of(const ForeignFeature& feature);

/// Columns of numbers that are the features themselves. A missing number is missing to the model.
ForeignTable columns_of_numbers(const std::vector<std::string>& names);

/// No model may have more columns: the file of a model could ask for any amount of memory.
inline constexpr std::size_t kMostColumns = 20'000;

/// How a foreign tree decides.
enum class Comparison {
  less,                     ///< left if float(x) < float(threshold): XGBoost
  less_or_equal,            ///< left if float(x) <= threshold, in double: scikit-learn
  less_or_equal_in_double,  ///< left if x <= threshold: its histogram boosting, LightGBM
};

/// A tree; node 0 is the root.
struct ForeignTree {
  struct Node {
    std::int64_t feature = -1;  ///< -1: a leaf
    double threshold = 0;
    std::int64_t left = -1;
    std::int64_t right = -1;
    bool missing_left = false;  ///< where a missing feature goes
    double cover = 0;           ///< weight of the training rows; 0: not known
    double value = 0;           ///< of a leaf
  };
  std::vector<Node> nodes;
};

/// Where the columns of a foreign table are in the schema.
struct ColumnPlaces {
  std::vector<std::size_t> columns;             ///< of each foreign column, that of the schema
  std::vector<std::vector<std::size_t>> codes;  ///< of each value of a foreign column
};

/// The columns as columns of a schema: all optional, sorted by key. Throws std::invalid_argument if
/// values of a column differ only in blanks at their ends.
std::vector<data::Column> schema_columns(const ForeignTable& table, ColumnPlaces& places);

/// A linear model of the features. weights[row][feature] and bias[row]. `layout` is that of
/// lay_out_features(schema, true) for the columns of schema_columns(). Throws std::invalid_argument
/// if a weight is not finite, or a feature is missing to the model.
model::LinearModel linear_model(const ForeignTable& table, const ColumnPlaces& places,
                                const model::FeatureLayout& layout,
                                const std::vector<std::vector<double>>& weights,
                                const std::vector<double>& bias);

/// The first feature of each block of a layout, by the block's kind and its column of the schema.
using BlockPlaces = std::map<std::pair<model::FeatureBlock::Kind, std::size_t>, std::size_t>;
BlockPlaces places_of(const model::FeatureLayout& layout);

/// A tree on the features of a layout, `blocks`, of lay_out_features(schema, false): each row
/// reaches the same leaf as in the library. Throws std::invalid_argument for a tree that is none
/// (cycles, indices beyond the end), or that grows beyond `most_nodes` because a category is
/// compared as a number.
model::Tree tree_on_layout(const ForeignTable& table, const ColumnPlaces& places,
                           const BlockPlaces& blocks, const ForeignTree& tree,
                           Comparison comparison, std::size_t most_nodes);

}  // namespace vitrine::interop
