// A table in the model's own terms: numbers and category codes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/csv.h"
#include "data/schema.h"

namespace vitrine {

inline constexpr std::uint32_t kMissingCode = 0xFFFFFFFF;
inline constexpr std::uint32_t kUnseenCode = 0xFFFFFFFE;  ///< a category that training never met

/// One column of a Table: one of the two, as the schema's column says.
struct ColumnData {
  std::vector<float> numbers;        ///< NaN is missing
  std::vector<std::uint32_t> codes;  ///< the category's place in the schema, or one of the above
};

/// Rows in the terms of a schema. Plain data: threads may read it together.
struct Table {
  std::size_t rows = 0;
  std::vector<ColumnData> columns;  ///< one a schema column, in its order
  std::vector<int> labels;          ///< class index, -1 unknown; empty without a target column

  /// The rows named by `indices`, in that order.
  Table subset(const std::vector<std::uint32_t>& indices) const;

  /// Adds the rows of a table of the same schema behind these.
  void append(const Table& more);
};

struct ApplyOptions {
  bool need_target = false;  ///< a table without the target column is an error
  /// A missing value in a column that had none in training is an error, not a
  /// warning.
  bool refuse_missing = false;
};

/// The class that a cell of the target column names, -1 for none.
int class_of(const Target& target, std::string_view text);

/// The raw table in the terms of the schema. Columns are found by normalised
/// name; others are passed over. Adds to `warnings`: unseen categories, missing
/// values where training had none, unknown classes. `text` is what `raw` was
/// read from (for line numbers). Throws Error(bad_input) for a column that is
/// not there ("did you mean") and for text in a number column.
Table apply_schema(const TableSchema& schema, const RawTable& raw, std::string_view text,
                   const ApplyOptions& options, std::vector<Warning>& warnings);

}  // namespace vitrine
