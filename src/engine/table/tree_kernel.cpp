#include "engine/table/tree_kernel.h"

#include <algorithm>
#include <array>
#include <cmath>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vitrine::engine {

RankTable::RankTable(const std::vector<float>& ascending)
    : size(ascending.size()), numbers(ascending) {
  const auto pad = [](std::vector<float>& list) {
    list.resize((list.size() + kWide - 1) / kWide * kWide, std::numeric_limits<float>::infinity());
  };
  pad(numbers);
  for (std::size_t i = kWide; i <= numbers.size(); i += kWide) ends.push_back(numbers[i - 1]);
  pad(ends);
}

namespace {

constexpr std::size_t kLanes = TreeTables::kTrees;
/// The number of groups per pass over the rows: their nodes and leaves fit into the L1 cache.
constexpr std::size_t kChunk = 8;

using Rows = std::array<std::uint8_t, kRowsAtOnce * TreeTables::kMostBytes>;

/// The rank of x. `count_at_most(numbers, x)` returns how many of kWide numbers are at most x.
/// Inlined into each kernel, so that the instructions of its processor are used.
template <typename Count>
[[gnu::always_inline]] inline std::size_t rank_of(const RankTable& table, float x,
                                                  const Count& count_at_most) {
  std::size_t block = 0;
  for (std::size_t i = 0; i < table.ends.size(); i += RankTable::kWide) {
    block += count_at_most(&table.ends[i], x);
  }
  const std::size_t at = block * RankTable::kWide;
  if (at >= table.numbers.size()) return table.size;
  return std::min(table.size, at + count_at_most(&table.numbers[at], x));
}

template <typename Count>
[[gnu::always_inline]] inline void encode(const TreeTables& trees, const data::Table& table,
                                          std::size_t first, std::size_t count, Rows& rows,
                                          const Count& count_at_most) {
  const std::size_t size = trees.row.size();
  for (std::size_t row = 0; row < count; ++row) {
    std::copy_n(trees.row.data(), size, &rows[row * size]);
  }
  std::array<float, kRowsAtOnce> scratch;
  for (const TreeTables::Number& number : trees.numbers) {
    const float* values = data::values_of(number.source, table, first, count, scratch.data());
    for (std::size_t row = 0; row < count; ++row) {
      std::uint8_t* bytes = &rows[row * size];
      const float x = values[row];
      if (std::isnan(x)) {
        for (const auto& place : number.places) bytes[place.byte] = place.missing;
      } else {
        const std::size_t rank = rank_of(number.thresholds, x, count_at_most);
        for (const auto& place : number.places) bytes[place.byte] = byte_of(rank, place.subtract);
      }
    }
  }
  for (const TreeTables::Category& category : trees.categories) {
    const std::uint32_t* codes = &table.columns[category.column].codes()[first];
    for (std::size_t row = 0; row < count; ++row) {
      std::size_t code = codes[row];
      if (code == data::kMissingCode && category.has_missing) code = category.set.size() - 1;
      if (code >= category.set.size()) continue;  // unseen: all one-hot features are 0
      for (const auto& [byte, value] : category.set[code]) rows[row * size + byte] = value;
    }
  }
}

}  // namespace

void walk_portable(const TreeTables& trees, const data::Table& table, std::size_t first_row,
                   std::size_t count, double* sums) {
  Rows rows;
  encode(trees, table, first_row, count, rows, [](const float* numbers, float x) {
    int at_most = 0;
    for (std::size_t i = 0; i < RankTable::kWide; ++i) at_most += numbers[i] <= x ? 1 : 0;
    return static_cast<std::size_t>(at_most);
  });
  const std::size_t size = std::size_t{1} << trees.depth;
  const std::size_t groups = trees.group_targets.size();
  for (std::size_t first = 0; first < groups; first += kChunk) {
    const std::size_t last = std::min(first + kChunk, groups);
    for (std::size_t row = 0; row < count; ++row) {
      const std::uint8_t* bytes = &rows[row * trees.row.size()];
      for (std::size_t group = first; group < last; ++group) {
        const std::size_t at = group * kLanes * size;
        // Eight independent walks at a time, so that their loads overlap.
        std::array<std::size_t, kLanes> node;
        node.fill(1);
        for (std::size_t level = 0; level < trees.depth; ++level) {
          for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const std::size_t place = at + lane * size + node[lane];
            node[lane] =
                2 * node[lane] + (bytes[trees.looks_at[place]] > trees.thresholds[place] ? 1 : 0);
          }
        }
        double sum = 0;
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          sum += static_cast<double>(trees.leaves[at + lane * size + node[lane] - size]);
        }
        sums[row * trees.targets + trees.group_targets[group]] += sum;
      }
    }
  }
}

#if defined(__x86_64__)

#define VITRINE_VBMI __attribute__((target("popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")))

namespace {

/// The bytes of the row that 64 nodes compare, at the indices `at`. `Tables`: the row's size in
/// units of 64 bytes.
template <int Tables>
VITRINE_VBMI inline __m512i bytes_of_nodes(const __m512i* row, __m512i at) {
  if constexpr (Tables == 1) {
    return _mm512_permutexvar_epi8(at, row[0]);
  } else if constexpr (Tables == 2) {
    return _mm512_permutex2var_epi8(row[0], at, row[1]);
  } else {
    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(at),
                                  _mm512_permutex2var_epi8(row[0], at, row[1]),
                                  _mm512_permutex2var_epi8(row[2], at, row[3]));
  }
}

/// Constants for walking a group of eight trees together.
template <int Depth>
struct Lanes {
  static constexpr int kVectors = (1 << Depth) / 8;  ///< vectors of 64 nodes in a group
  static constexpr int kTrees = 8 / kVectors;        ///< trees in a vector

  VITRINE_VBMI Lanes() {
    const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    vector = _mm512_setr_epi64(0, 1 / kTrees, 2 / kTrees, 3 / kTrees, 4 / kTrees, 5 / kTrees,
                               6 / kTrees, 7 / kTrees);
    shift = _mm512_slli_epi64(_mm512_and_epi64(lane, _mm512_set1_epi64(kTrees - 1)), Depth);
    leaf = _mm512_sub_epi64(_mm512_slli_epi64(lane, Depth),
                            _mm512_set1_epi64(std::int64_t{1} << Depth));
  }
  __m512i vector;  ///< for each lane: the vector with its nodes
  __m512i shift;   ///< for each lane: the position of its nodes in the vector
  __m512i leaf;    ///< added to the last node, yields the index of the leaf
};

/// The indices of the leaves of a group, relative to its first leaf. `turns` has one bit for each
/// node, 1 for right.
template <int Depth>
VITRINE_VBMI inline __m512i walk(const Lanes<Depth>& lanes, const std::uint64_t* turns) {
  const __m512i one = _mm512_set1_epi64(1);
  __m512i bits;
  if constexpr (Lanes<Depth>::kVectors == 8) {
    bits = _mm512_loadu_si512(turns);
  } else {
    const __mmask8 there = (1 << Lanes<Depth>::kVectors) - 1;
    bits = _mm512_permutexvar_epi64(lanes.vector, _mm512_maskz_loadu_epi64(there, turns));
    bits = _mm512_srlv_epi64(bits, lanes.shift);
  }
  __m512i node = one;
  for (int level = 0; level < Depth; ++level) {  // node = 2 node | (bits >> node & 1)
    node = _mm512_ternarylogic_epi64(_mm512_add_epi64(node, node), _mm512_srlv_epi64(bits, node),
                                     one, 0xF8);
  }
  return _mm512_add_epi64(node, lanes.leaf);
}

/// Runs all groups for trees of `Depth` levels, 3 to 6. All comparisons of a chunk come first, so
/// that their results are stored before the walks load them.
template <int Depth, int Tables>
VITRINE_VBMI void walk_chunks(const TreeTables& trees, const Rows& rows, std::size_t count,
                              double* sums) {
  constexpr std::size_t kVectors = Lanes<Depth>::kVectors;
  const Lanes<Depth> lanes;
  const std::size_t groups = trees.group_targets.size();
  for (std::size_t first = 0; first < groups; first += kChunk) {
    const std::size_t last = std::min(first + kChunk, groups);
    const std::size_t nodes = first * kLanes << Depth;
    for (std::size_t row = 0; row < count; ++row) {
      const std::uint8_t* bytes = rows.data() + row * 64 * Tables;
      __m512i table[Tables];
      for (int t = 0; t < Tables; ++t) table[t] = _mm512_loadu_si512(bytes + 64 * t);
      std::uint64_t turns[kChunk * kVectors];
      for (std::size_t v = 0; v < (last - first) * kVectors; ++v) {
        const std::size_t at = nodes + 64 * v;
        turns[v] = _mm512_cmpgt_epu8_mask(
            bytes_of_nodes<Tables>(table, _mm512_loadu_si512(&trees.looks_at[at])),
            _mm512_loadu_si512(&trees.thresholds[at]));
      }
      __m512d sum = _mm512_setzero_pd();
      for (std::size_t group = first; group < last; ++group) {
        const __m512i leaf = walk<Depth>(lanes, turns + (group - first) * kVectors);
        const float* leaves = &trees.leaves[group * kLanes << Depth];
        sum = _mm512_add_pd(sum, _mm512_cvtps_pd(_mm512_i64gather_ps(leaf, leaves, 4)));
        if (group + 1 == last || trees.group_targets[group + 1] != trees.group_targets[group]) {
          sums[row * trees.targets + trees.group_targets[group]] += _mm512_reduce_add_pd(sum);
          sum = _mm512_setzero_pd();
        }
      }
    }
  }
}

template <int Depth>
void walk_depth(const TreeTables& trees, const Rows& rows, std::size_t count, double* sums) {
  if (trees.row.size() == 64) return walk_chunks<Depth, 1>(trees, rows, count, sums);
  if (trees.row.size() == 128) return walk_chunks<Depth, 2>(trees, rows, count, sums);
  walk_chunks<Depth, 4>(trees, rows, count, sums);
}

VITRINE_VBMI void encode_avx512(const TreeTables& trees, const data::Table& table,
                                std::size_t first, std::size_t count, Rows& rows) {
  static_assert(RankTable::kWide == 16);
  encode(trees, table, first, count, rows, [](const float* numbers, float x) VITRINE_VBMI {
    return static_cast<std::size_t>(_mm_popcnt_u32(
        _mm512_cmp_ps_mask(_mm512_loadu_ps(numbers), _mm512_set1_ps(x), _CMP_LE_OQ)));
  });
}

}  // namespace

void walk_avx512(const TreeTables& trees, const data::Table& table, std::size_t first,
                 std::size_t count, double* sums) {
  Rows rows;
  encode_avx512(trees, table, first, count, rows);
  switch (trees.depth) {
    case 3:
      return walk_depth<3>(trees, rows, count, sums);
    case 4:
      return walk_depth<4>(trees, rows, count, sums);
    case 5:
      return walk_depth<5>(trees, rows, count, sums);
    default:
      return walk_depth<6>(trees, rows, count, sums);
  }
}

bool has_avx512_vbmi() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vbmi");
}

#else

void walk_avx512(const TreeTables& trees, const data::Table& table, std::size_t first,
                 std::size_t count, double* sums) {
  walk_portable(trees, table, first, count, sums);
}

bool has_avx512_vbmi() { return false; }

#endif

TreeKernel best_tree_kernel() {
  static const TreeKernel best = has_avx512_vbmi() ? walk_avx512 : walk_portable;
  return best;
}

const char* name_of(TreeKernel kernel) {
  return kernel == walk_avx512 ? "AVX-512 VBMI" : "portable";
}

}  // namespace vitrine::engine
