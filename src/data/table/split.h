// Splits rows into cross-validation folds and a test set.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/table/table.h"

namespace vitrine::data {

inline constexpr std::size_t kFolds = 5;
inline constexpr std::uint8_t kTestFold = 255;
/// With fewer different rows than this, duplicates are expected: rows are split one by one.
inline constexpr std::size_t kFewGroups = 100;
/// A group is also split row by row if it is larger than this share of all rows, or than twice this
/// share of the rows of a class.
inline constexpr double kLargeGroup = 0.05;

/// The fold of each row, and counts of duplicates. Rows that are equal in every column of the
/// schema form a group. A group stays in one fold, unless there are too few groups or the group is
/// too large: then its rows are assigned one by one.
struct Split {
  std::size_t groups = 0;            ///< different rows
  bool row_by_row = false;           ///< fewer than kFewGroups: all rows were assigned one by one
  std::size_t common_rows = 0;       ///< rows of groups that were too large to stay in one fold
  std::vector<std::uint8_t> fold;    ///< one for each row: [0, kFolds), or kTestFold
  std::size_t duplicate_rows = 0;    ///< rows that repeat an earlier one
  std::size_t conflicting_rows = 0;  ///< rows of groups that hold different classes
};

/// Splits rows, stratified by class (numbers: by tenths): a fifth of each class becomes the test
/// set (if `with_test`), the others form kFolds folds of equal size, as closely as the groups
/// allow. The result depends only on the rows' content, the classes and the seed. The table must
/// not contain label -1.
///
/// With `groups`, one number for each row, rows of the same number form a group instead, and every
/// group stays in one fold, however large it is.
Split split_rows(const Table& table, std::uint64_t seed, bool with_test,
                 std::span<const std::uint64_t> groups = {});

/// Splits rows by a time for each (NaN: before all others): the last fifth is the test set (if
/// `with_test`), the last fifth of the others is fold 0, all earlier rows are fold 1. Rows of one
/// time stay together, in the later part.
Split split_by_time(const Table& table, std::span<const double> times, bool with_test);

/// A hash that is the same in every build.
std::uint64_t text_hash(const std::string& text);

/// A hash of each row's features (not its label); equal rows have equal hashes.
std::vector<std::uint64_t> row_hashes(const Table& table);

}  // namespace vitrine::data
