// Boosted trees as the inner loops want them, and those loops, one a kind of processor.
//
// A row becomes bytes first: a number's byte is how many of its feature's thresholds it has
// reached, so each node compares two bytes. Trees are cut into perfect ones of at most six levels,
// whose nodes lie in heap order in 64 bytes: with AVX-512 VBMI one shuffle fetches the bytes that
// 64 nodes look at, one comparison decides all of them, and eight trees at a time follow the bits
// down to their leaves. (Bytes in place of thresholds and a bit a node are as in Lucchese et al.,
// QuickScorer, SIGIR 2015; leaves are found by walking the bits, not by masks.)
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "data/table.h"

namespace vitrine {

/// How many of a list's numbers are at most x is found without branches that can't be foreseen: in
/// blocks of kWide numbers, of which the last ones are looked at first.
struct RankTable {
  static constexpr std::size_t kWide = 16;
  explicit RankTable(const std::vector<float>& ascending);
  std::size_t size;
  std::vector<float> numbers;  ///< padded with infinity
  std::vector<float> ends;     ///< of the blocks, padded too
};

struct TreeTables {
  static constexpr std::size_t kTrees = 8;        ///< of a group: walked together
  static constexpr std::size_t kMostBytes = 256;  ///< of a row: their names are bytes too

  /// A byte of a row that a feature fills.
  struct Place {
    std::uint8_t byte = 0;
    std::uint8_t missing = 0;    ///< its value where the number is missing: 0 left, 255 right
    std::uint32_t subtract = 0;  ///< thresholds that another byte of the feature counts
  };
  struct Number {
    std::size_t column = 0;
    float missing_number = std::numeric_limits<float>::quiet_NaN();  ///< NaN: none
    RankTable thresholds;
    std::vector<Place> places;
  };
  struct Category {
    std::size_t column = 0;
    bool has_missing = false;  ///< the last code is that of missing values
    std::vector<std::vector<std::pair<std::uint8_t, std::uint8_t>>> set;  ///< by code: bytes
  };

  std::vector<std::uint8_t> row;  ///< one in which all one-hot features are 0: 64, 128 or 256 bytes
  std::vector<Number> numbers;
  std::vector<Category> categories;

  std::size_t depth = 3;  ///< levels of each perfect tree, 3 to 6
  // Tree t's node i (from 1 on) is byte t * 2^depth + i of both; its leaf j is t * 2^depth + j.
  std::vector<std::uint8_t> looks_at;
  std::vector<std::uint8_t> thresholds;  ///< right where the byte is greater
  std::vector<float> leaves;
  std::vector<std::int32_t> next;  ///< the tree that goes on below a leaf, -1: none; empty: all end
  std::vector<std::uint32_t> group_targets;  ///< of trees 8g to 8g + 7, at which rows begin
  std::size_t targets = 1;
};

/// The byte of a feature that has reached `rank` thresholds, of which `subtract` are counted
/// elsewhere.
inline constexpr std::size_t kThresholdsAByte = 254;
inline std::uint8_t byte_of(std::size_t rank, std::size_t subtract) {
  const std::size_t own = rank < subtract ? 0 : rank - subtract;
  return static_cast<std::uint8_t>(own > kThresholdsAByte ? kThresholdsAByte + 1 : own);
}

/// Adds the leaves of rows [first, first + count) to sums[row * targets + target]; at most
/// kRowsAtOnce rows.
using TreeKernel = void (*)(const TreeTables& trees, const Table& table, std::size_t first,
                            std::size_t count, double* sums);
inline constexpr std::size_t kRowsAtOnce = 64;

void walk_portable(const TreeTables& trees, const Table& table, std::size_t first,
                   std::size_t count, double* sums);

/// Only on processors that has_avx512_vbmi() says yes of.
void walk_avx512(const TreeTables& trees, const Table& table, std::size_t first, std::size_t count,
                 double* sums);

bool has_avx512_vbmi();

/// What this processor gets.
TreeKernel best_tree_kernel();
/// "AVX-512 VBMI" or "portable".
const char* name_of(TreeKernel kernel);

}  // namespace vitrine
