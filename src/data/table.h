// A table in the model's own terms: numbers and category codes.
#pragma once

#include <cstdint>
#include <span>
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
  /// What becomes of the target column: nobody looks at it, it is read where it is there, or a
  /// table without it is an error.
  enum class TargetColumn { ignored, read, needed };
  TargetColumn target = TargetColumn::read;
  /// A missing value in a column that had none in training is an error, not a
  /// warning.
  bool refuse_missing = false;
};

/// The class that a cell of the target column names, -1 for none.
int class_of(const Target& target, std::string_view text);

/// What was odd about a table, by column. That of its parts adds up to that of the whole.
struct TableFindings {
  struct OfColumn {
    std::size_t missing = 0;
    std::size_t unseen = 0;                  ///< cells
    std::vector<std::string> unseen_values;  ///< different ones, as shown to people
  };
  std::size_t rows = 0;
  std::vector<OfColumn> columns;             ///< one a schema column
  std::vector<std::string> unknown_classes;  ///< of the target, different ones
};

/// What the parts of a table say of it together.
TableFindings sum_of(std::span<const TableFindings> parts);

/// Of unseen categories, missing values where training had none, unknown classes.
std::vector<Warning> warnings_of(const TableSchema& schema, const TableFindings& findings);

/// The raw table in the terms of the schema. Columns are found by normalised
/// name; others are passed over. `text` is what `raw` was
/// read from (for line numbers). Throws Error(bad_input) for a column that is
/// not there ("did you mean") and for text in a number column.
Table apply_schema(const TableSchema& schema, const RawTable& raw, std::string_view text,
                   const ApplyOptions& options, TableFindings& findings);
/// Adds to `warnings` what it found.
Table apply_schema(const TableSchema& schema, const RawTable& raw, std::string_view text,
                   const ApplyOptions& options, std::vector<Warning>& warnings);

}  // namespace vitrine
