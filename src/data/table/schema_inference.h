// Infers the schema of a training table: the kind of each column, and the classes of the target.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/table/raw_table.h"
#include "data/table/schema.h"
#include "data/table/table.h"

namespace vitrine::data {

/// The user's choices about columns. Names are matched exactly, else without regard to case and
/// with a space equal to `_`, if that is unambiguous.
struct SchemaOptions {
  std::string target;  ///< the column to predict
  /// What to predict: numbers with more than 20 different values are numbers, all else classes,
  /// unless the user says it.
  enum class Task { automatic, classification, regression };
  Task task = Task::automatic;
  std::optional<std::string> positive;  ///< the class that counts as positive (two classes)
  std::vector<std::string> drop;        ///< columns to leave out
  std::vector<std::string> ids = {};    ///< columns to leave out that stand in predictions
  std::vector<std::string> keep;        ///< columns to keep though they look like identifiers
  std::vector<std::string> category;    ///< columns that are categories though they hold numbers
  std::vector<std::string> text = {};   ///< columns that are free text
  /// Words or numbers that mean missing: `WORD`, or `COLUMN=WORD` for one column.
  std::vector<std::string> missing = {};
  /// Words that do not mean missing, though `none`, `NA` and the like usually do; the same form.
  std::vector<std::string> not_missing = {};
  std::string group = {};  ///< the column whose rows of one value stay together in the split
  std::string time = {};   ///< the column that orders the rows in time
  std::optional<char> decimal = {};  ///< `.` or `,`, for numbers such as 1,234 that may be either
  std::optional<DateOrder> date_order = {};  ///< for dates such as 3/4/2024 that may have either
};

/// How to read the table that a schema is inferred from.
ReadOptions training_read_options(const SchemaOptions& options);

/// A column is a number if at least this share of its values are numbers; the others are treated as
/// missing, with a warning.
inline constexpr double kNumberShare = 0.99;
/// A column with more different texts than this share of its rows is an identifier or free text.
inline constexpr double kIdentifierShare = 0.5;
/// The number of most frequent values of a category column that are kept; others are treated as
/// unseen.
inline constexpr std::size_t kMaxCategories = 1000;
inline constexpr std::size_t kMaxClasses = 1000;

/// Infers the columns other than the target: kinds, categories, quantiles, means and shares of
/// missing values. Adds assumptions to `warnings`. With an empty options.target all columns are
/// described. Throws Error(usage) for an unknown column in `options`, and Error(bad_input) if no
/// column is left or a column to keep can't be used. Uses all cores.
TableSchema infer_columns(const RawTable& raw, const SchemaOptions& options,
                          std::vector<Warning>& warnings);

/// infer_columns() and the classes of the target. Also throws Error(bad_input) if the target does
/// not exist, has one class or is free text, and
/// Error(usage) if `positive` is not a class.
TableSchema infer_schema(const RawTable& raw, const SchemaOptions& options,
                         std::vector<Warning>& warnings);

}  // namespace vitrine::data
