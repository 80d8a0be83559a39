// A table as the model reads it: numbers and category codes.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "data/table/raw_table.h"
#include "data/table/schema.h"

namespace vitrine::data {

inline constexpr std::uint32_t kMissingCode = 0xFFFFFFFF;
inline constexpr std::uint32_t kUnseenCode = 0xFFFFFFFE;  ///< a category unseen in training

using Numbers = std::vector<float>;        ///< Column::feature_of() of values; NaN is missing
using Codes = std::vector<std::uint32_t>;  ///< an index of Column::categories, or one of the above

using Days = std::vector<double>;  ///< since 1970-01-01, with fractions; NaN is missing

/// Texts with the outputs of Column::text; a missing text is empty.
struct Texts {
  std::vector<std::string> texts;  ///< [row]
  std::vector<Numbers> scores;     ///< [output][row]; empty before training has fitted them

  std::size_t size() const { return texts.size(); }
  const std::string& operator[](std::size_t row) const { return texts[row]; }
  auto begin() const { return texts.begin(); }
  auto end() const { return texts.end(); }
  /// The rows with these indices, in this order.
  Texts subset(std::span<const std::uint32_t> rows) const;
  void append(const Texts& more);
};

/// One column of a Table, as its ColumnKind stores it.
struct ColumnData {
  std::variant<Numbers, Codes, Days, Texts> values;

  // The column as its kind stores it. Throw std::bad_variant_access for another kind.
  Numbers& numbers() { return std::get<Numbers>(values); }
  const Numbers& numbers() const { return std::get<Numbers>(values); }
  Codes& codes() { return std::get<Codes>(values); }
  const Codes& codes() const { return std::get<Codes>(values); }
  Days& days() { return std::get<Days>(values); }
  const Days& days() const { return std::get<Days>(values); }
  Texts& texts() { return std::get<Texts>(values); }
  const Texts& texts() const { return std::get<Texts>(values); }
};

/// Fills `scores` by the model of the column, on all cores.
void score_texts(const TextScorer& scorer, Texts& texts);
/// Sets the scores of one row; there is space for them.
void score_text(const TextScorer& scorer, Texts& texts, std::size_t row);

/// An id of a row, as it was given.
struct IdValue {
  std::string text;     ///< empty: not given
  bool number = false;  ///< of JSON, or of a column whose ids are numbers
};

/// True for the text of a whole number of at most 15 digits as JSON writes it.
bool is_id_number(std::string_view text);

/// Rows of a schema. Plain data: threads may read it together.
struct Table {
  std::size_t rows = 0;
  std::vector<ColumnData> columns;  ///< one for each column of the schema, in its order
  /// Class index, or tenth of the number (Target::tenth_of); -1 unknown; empty without a target
  /// column.
  std::vector<int> labels;
  std::vector<double> targets;  ///< the numbers to predict, NaN unknown; empty for classes
  std::vector<std::vector<IdValue>> ids = {};  ///< one list for each id of the schema

  /// The rows with these indices, in this order.
  Table subset(const std::vector<std::uint32_t>& indices) const;

  /// Appends the rows of a table of the same schema.
  void append(const Table& more);
};

struct ApplyOptions {
  /// The target column is not read, is read if it exists, or must exist.
  enum class TargetColumn { ignored, read, needed };
  TargetColumn target = TargetColumn::read;
  /// A missing value in a column that had none in training is an error, not a
  /// warning.
  bool refuse_missing = false;
  /// Text that is no number in a number column, or no date in a date column, is an error, not a
  /// missing value with a warning.
  bool refuse_bad_cells = false;
  bool ids = false;  ///< fill Table::ids
};

/// The number and date columns of a schema, and a target that is a number, for reading a table to
/// which it will be applied.
std::vector<NumberKey> number_keys_of(const TableSchema& schema);

/// ReadOptions::id_keys of a schema: the ids and the free texts.
std::vector<std::string> id_keys_of(const TableSchema& schema);

/// The class index of a cell of the target column; -1 if it is not a class. Matches as
/// Column::code_of_text() does.
int class_of(const Target& target, std::string_view text);

/// Counts of missing and unseen values in a table, by column. sum_of() adds up those of its parts.
struct TableFindings {
  struct OfColumn {
    std::size_t missing = 0;                  ///< cells without a value, and bad ones
    std::size_t bad = 0;                      ///< cells that are no numbers, or no dates
    std::vector<std::string> bad_values;      ///< without duplicates, shortened for messages
    std::size_t unseen = 0;                   ///< cells
    std::vector<std::string> unseen_values;   ///< without duplicates, shortened for messages
    std::size_t outside = 0;                  ///< cells for which Column::is_outside()
    std::vector<std::string> outside_values;  ///< the same
  };
  std::size_t rows = 0;
  std::vector<OfColumn> columns;             ///< one for each column of the schema
  std::vector<std::string> unknown_classes;  ///< values of the target, without duplicates
};

/// Calls `found(column, kind, count)` for each column with values that training has not seen;
/// `kind` is "unseen" (of a category) or "outside" (Column::is_outside()). Allocates nothing.
void count_unusual(
    const TableSchema& schema, const Table& table,
    const std::function<void(const Column& column, const char* kind, std::size_t count)>& found);

/// The findings of a table from those of its parts.
TableFindings sum_of(std::span<const TableFindings> parts);

/// Warnings about bad cells, unseen categories, values outside of the range of training, missing
/// values in columns that had none in training, and unknown classes.
std::vector<Warning> warnings_of(const TableSchema& schema, const TableFindings& findings);

/// Converts a raw table to the schema, on all cores. Columns are found by normalised name; other
/// columns are skipped. Throws Error(bad_input) for a missing column, and as the options say.
Table apply_schema(const TableSchema& schema, const RawTable& raw, const ApplyOptions& options,
                   TableFindings& findings);
/// The same, with the findings added to `warnings`.
Table apply_schema(const TableSchema& schema, const RawTable& raw, const ApplyOptions& options,
                   std::vector<Warning>& warnings);

}  // namespace vitrine::data
