#include "data/split.h"

#include <algorithm>
#include <bit>
#include <map>

#include "base/parallel.h"

namespace vitrine {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  const auto wide =
      static_cast<unsigned __int128>(hash ^ word ^ 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
  return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
}

struct Keyed {
  std::uint64_t hash;
  std::uint32_t row;
  auto operator<=>(const Keyed&) const = default;
};

/// Rows in the order of their (seeded) hashes: equal rows stand together, else
/// the order is random.
std::vector<Keyed> shuffled_groups(const Table& table, std::uint64_t seed) {
  const auto hashes = row_hashes(table);
  std::vector<Keyed> order(table.rows);
  for (std::size_t row = 0; row < table.rows; ++row) {
    order[row] = {mix(hashes[row], seed * 2 + 1), static_cast<std::uint32_t>(row)};
  }
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2);
  parallel_for(2, [&](std::size_t half) {
    std::sort(half == 0 ? order.begin() : middle, half == 0 ? middle : order.end());
  });
  std::inplace_merge(order.begin(), middle, order.end());
  return order;
}

}  // namespace

std::vector<std::uint64_t> row_hashes(const Table& table) {
  std::vector<std::uint64_t> hashes(table.rows, 0);
  constexpr std::size_t kBlock = 65536;
  parallel_for((table.rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    const std::size_t begin = block * kBlock;
    const std::size_t end = std::min(begin + kBlock, table.rows);
    for (const ColumnData& column : table.columns) {
      for (std::size_t row = begin; row < end; ++row) {
        const std::uint32_t bits = column.numbers.empty()
                                       ? column.codes[row]
                                       : std::bit_cast<std::uint32_t>(column.numbers[row]);
        hashes[row] = mix(hashes[row], bits);
      }
    }
  });
  return hashes;
}

namespace {

/// Deals groups out: every fifth of a class to the test rows, the others to the
/// folds in turn.
class Dealer {
 public:
  explicit Dealer(bool with_test) : with_test_(with_test) {}
  std::uint8_t next(int label) {
    const std::size_t group = dealt_[label]++;
    if (!with_test_) return static_cast<std::uint8_t>(group % kFolds);
    if (group % kFolds == kFolds - 1) return kTestFold;
    return static_cast<std::uint8_t>((group - group / kFolds) % kFolds);
  }

 private:
  bool with_test_;
  std::map<int, std::size_t> dealt_;
};

std::size_t count_groups(const std::vector<Keyed>& order) {
  std::size_t groups = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    groups += i == 0 || order[i].hash != order[i - 1].hash ? 1 : 0;
  }
  return groups;
}

}  // namespace

Split split_rows(const Table& table, std::uint64_t seed, bool with_test) {
  const auto order = shuffled_groups(table, seed);
  Split split;
  split.fold.resize(table.rows);
  split.groups = count_groups(order);
  split.row_by_row = split.groups < kFewGroups && split.groups < table.rows;
  Dealer dealer(with_test);
  for (std::size_t at = 0; at < order.size();) {
    const std::size_t first = at;
    const int label = table.labels[order[first].row];
    const std::uint8_t fold = split.row_by_row ? kTestFold : dealer.next(label);
    bool conflict = false;
    for (; at < order.size() && order[at].hash == order[first].hash; ++at) {
      const std::uint32_t row = order[at].row;
      split.fold[row] = split.row_by_row ? dealer.next(table.labels[row]) : fold;
      conflict |= table.labels[row] != label;
    }
    split.duplicate_rows += at - first - 1;
    if (conflict) split.conflicting_rows += at - first;
  }
  return split;
}

}  // namespace vitrine
