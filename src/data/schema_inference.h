// Finds out what the columns of a training table are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/csv.h"
#include "data/schema.h"
#include "data/table.h"

namespace vitrine {

/// What the user says about the columns; names match without case, space = _.
struct SchemaOptions {
  std::string target;                   ///< the column to predict
  std::optional<std::string> positive;  ///< the class that counts as positive (two classes)
  std::vector<std::string> drop;        ///< columns to leave out
  std::vector<std::string> keep;        ///< columns to keep though they look like identifiers
  std::vector<std::string> category;    ///< columns that are categories though they hold numbers
};

/// A column is a number if at least this share of its values are numbers; the
/// rest is taken for missing, with a warning.
inline constexpr double kNumberShare = 0.99;
/// Text that differs in more than this share of the rows is an identifier or
/// free text.
inline constexpr double kIdentifierShare = 0.5;
/// The most frequent values of a category column that are kept; others answer
/// like unseen ones.
inline constexpr std::size_t kMaxCategories = 1000;
inline constexpr std::size_t kMaxClasses = 100;

/// The schema of the columns other than the target. Fills kinds, categories,
/// quantiles, means and shares; says in `warnings` what was assumed. Throws
/// Error(bad_input) if no column is left. With an empty options.target every
/// column is described.
TableSchema infer_columns(const RawTable& raw, const SchemaOptions& options,
                          std::vector<Warning>& warnings);

/// infer_columns and the target's classes. Throws Error(bad_input) for a target
/// that is not there ("did you mean"), has one class, is a number with many
/// values (regression) or free text, and for a `positive` that is no class.
TableSchema infer_schema(const RawTable& raw, const SchemaOptions& options,
                         std::vector<Warning>& warnings);

}  // namespace vitrine
