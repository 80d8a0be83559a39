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

/// Where each row goes, and what was seen of duplicates on the way. Rows alike
/// in every column of the schema form a group; a group is never torn apart,
/// unless there are too few groups to split.
struct Split {
  std::size_t groups = 0;            ///< different rows
  bool row_by_row = false;           ///< fewer than kFewGroups: groups were torn apart
  std::vector<std::uint8_t> fold;    ///< one a row: [0, kFolds), or kTestFold
  std::size_t duplicate_rows = 0;    ///< rows that repeat an earlier one
  std::size_t conflicting_rows = 0;  ///< rows of groups that hold different classes
};

/// Stratified by class: every fifth group of a class to the test rows (if
/// `with_test`), the others dealt out to kFolds folds. Depends on the rows'
/// content, the classes and the seed alone. Rows with label -1 must not be there.
Split split_rows(const Table& table, std::uint64_t seed, bool with_test);

/// Hash of each row's features; equal rows have equal hashes.
std::vector<std::uint64_t> row_hashes(const Table& table);

}  // namespace vitrine
