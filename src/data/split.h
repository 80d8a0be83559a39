// Which rows teach and which rows judge.
#pragma once

#include <cstdint>
#include <vector>

#include "data/table.h"

namespace vitrine {

inline constexpr std::size_t kFolds = 5;
inline constexpr std::uint8_t kTestFold = 255;
/// With fewer different rows than this, rows repeat by nature, not by mistake.
inline constexpr std::size_t kFewGroups = 100;
/// So do rows of a group that is larger than this share of all rows, or than twice this share of
/// the rows of a class.
inline constexpr double kLargeGroup = 0.05;

/// Where each row goes, and what was seen of duplicates on the way. Rows alike
/// in every column of the schema form a group. A group stays on one side, unless there are too few
/// groups to split or the group alone is too large: then its rows are dealt out one by one.
struct Split {
  std::size_t groups = 0;            ///< different rows
  bool row_by_row = false;           ///< fewer than kFewGroups: all rows were dealt out one by one
  std::size_t common_rows = 0;       ///< rows of groups that were too large to stay on one side
  std::vector<std::uint8_t> fold;    ///< one a row: [0, kFolds), or kTestFold
  std::size_t duplicate_rows = 0;    ///< rows that repeat an earlier one
  std::size_t conflicting_rows = 0;  ///< rows of groups that hold different classes
};

/// Stratified by class, by rows: a fifth of each class to the test rows (if `with_test`), the
/// others to kFolds folds of equal size, as closely as the groups allow. Depends on the rows'
/// content, the classes and the seed alone. Rows with label -1 must not be there.
Split split_rows(const Table& table, std::uint64_t seed, bool with_test);

/// Hash of each row's features; equal rows have equal hashes.
std::vector<std::uint64_t> row_hashes(const Table& table);

}  // namespace vitrine
