// The memory layout of boosted trees for fast prediction, and the kernels that run them, one for
// each kind of processor.
//
// First a row is encoded as bytes: the byte of a number is the count of its feature's thresholds
// that it has reached, so each node compares two bytes. Trees are perfect, of at most six levels:
// their nodes are stored in heap order in 64 bytes. With AVX-512 VBMI one shuffle
// fetches the bytes for 64 nodes, one comparison decides all of them, and eight trees at a time
// follow the bits down to their leaves. (Bytes instead of thresholds and one bit for each node are
// as in Lucchese et al., QuickScorer, SIGIR 2015; leaves are found by walking the bits, not by
// masks.)
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "data/table/date_parts.h"
#include "data/table/table.h"

namespace vitrine::engine {

/// Counts how many numbers of a sorted list are at most x, without unpredictable branches: first
/// among the last numbers of all blocks of kWide numbers, then within one block.
struct RankTable {
  static constexpr std::size_t kWide = 16;
  explicit RankTable(const std::vector<float>& ascending);
  std::size_t size;
  std::vector<float> numbers;  ///< padded with infinity
  std::vector<float> ends;     ///< the last number of each block; padded with infinity
};

/// A compiled ensemble. Plain data.
struct TreeTables {
  static constexpr std::size_t kTrees = 8;        ///< trees of a group, which are walked together
  static constexpr std::size_t kLeastLevels = 3;  ///< eight such trees fill 64 bytes
  static constexpr std::size_t kMostLevels = 6;
  static constexpr std::size_t kMostBytes = 256;  ///< of a row: an index must fit into a byte

  /// A byte of the row that is computed from a feature.
  struct Place {
    std::uint8_t byte = 0;       ///< index in the row
    std::uint8_t missing = 0;    ///< its value if the number is missing: 0 left, 255 right
    std::uint32_t subtract = 0;  ///< thresholds that other bytes of the feature count
  };
  struct Number {
    data::NumberFeature source;
    RankTable thresholds;
    std::vector<Place> places;
  };
  struct Category {
    std::size_t column = 0;
    bool has_missing = false;  ///< the last code is for missing values
    /// By code: the bytes to set (index, value).
    std::vector<std::vector<std::pair<std::uint8_t, std::uint8_t>>> set;
  };

  std::vector<std::uint8_t> row;  ///< all one-hot features are 0; 64, 128 or 256 bytes
  std::vector<Number> numbers;
  std::vector<Category> categories;

  std::size_t depth = 3;  ///< levels of each tree, kLeastLevels to kMostLevels
  // Node i (from 1) of tree t is element t * 2^depth + i of the first two; its leaf j is element
  // t * 2^depth + j of the third.
  std::vector<std::uint8_t> looks_at;    ///< index of the row's byte that the node compares
  std::vector<std::uint8_t> thresholds;  ///< go right if the byte is greater
  std::vector<float> leaves;
  std::vector<std::uint32_t> group_targets;  ///< the target of trees 8g to 8g + 7
  std::size_t targets = 1;
};

/// The byte of a feature that has reached `rank` thresholds, of which other bytes count `subtract`.
inline constexpr std::size_t kThresholdsAByte = 254;
inline std::uint8_t byte_of(std::size_t rank, std::size_t subtract) {
  const std::size_t own = rank < subtract ? 0 : rank - subtract;
  return static_cast<std::uint8_t>(own > kThresholdsAByte ? kThresholdsAByte + 1 : own);
}

/// Adds the leaves of rows [first, first + count) to sums[row * targets + target]; at most
/// kRowsAtOnce rows.
using TreeKernel = void (*)(const TreeTables& trees, const data::Table& table, std::size_t first,
                            std::size_t count, double* sums);
inline constexpr std::size_t kRowsAtOnce = 64;

void walk_portable(const TreeTables& trees, const data::Table& table, std::size_t first,
                   std::size_t count, double* sums);

/// Requires has_avx512_vbmi().
void walk_avx512(const TreeTables& trees, const data::Table& table, std::size_t first,
                 std::size_t count, double* sums);

bool has_avx512_vbmi();

/// The fastest kernel for this processor.
TreeKernel best_tree_kernel();
/// "AVX-512 VBMI" or "portable".
const char* name_of(TreeKernel kernel);

}  // namespace vitrine::engine
