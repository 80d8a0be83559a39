#include "data/split.h"

#include <algorithm>
#include <array>
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

/// Deals groups out in turns: every fifth of a class to the test rows, the others to the folds. A
/// fold, or the test rows, that has its share of a class's rows already is passed over, and large
/// groups go where most is missing.
class Dealer {
 public:
  Dealer(bool with_test, const std::vector<int>& labels) : with_test_(with_test) {
    for (const int label : labels) of_class_[label].all += 1;
  }

  std::uint8_t next(int label, std::size_t rows) {
    Class& one = of_class_[label];
    constexpr double kSlack = 0.01;
    std::size_t place = turn(one.turns++);
    for (std::size_t i = 0; i < kFolds * kFolds; ++i) {
      if (one.rows[place] < share(place) * one.all + kSlack * one.all + 1) break;
      place = turn(one.turns++);
    }
    return give(one, place, rows);
  }

  std::uint8_t where_most_is_missing(int label, std::size_t rows) {
    Class& one = of_class_[label];
    std::size_t best = 0;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      const auto missing = [&](std::size_t place) {
        return share(place) * one.all - one.rows[place];
      };
      if (missing(i) > missing(best)) best = i;
    }
    return give(one, best, rows);
  }

 private:
  static constexpr std::size_t kPlaces = kFolds + 1;  ///< the folds and the test rows
  struct Class {
    double all = 0;
    std::array<double, kPlaces> rows{};
    std::size_t turns = 0;
  };

  std::size_t turn(std::size_t group) const {
    if (!with_test_) return group % kFolds;
    return group % kFolds == kFolds - 1 ? kFolds : (group - group / kFolds) % kFolds;
  }
  double share(std::size_t place) const {
    constexpr double kTest = 1.0 / kFolds;
    if (place == kFolds) return with_test_ ? kTest : 0;
    return (with_test_ ? 1 - kTest : 1) / kFolds;
  }
  static std::uint8_t give(Class& one, std::size_t place, std::size_t rows) {
    one.rows[place] += static_cast<double>(rows);
    return place == kFolds ? kTestFold : static_cast<std::uint8_t>(place);
  }

  bool with_test_;
  std::map<int, Class> of_class_;
};

/// Equal rows: places in the shuffled order.
struct Group {
  std::size_t first = 0;
  std::size_t size = 0;
};

std::vector<Group> groups_of(const std::vector<Keyed>& order) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || order[i].hash != order[i - 1].hash) groups.push_back({i, 0});
    ++groups.back().size;
  }
  return groups;
}

}  // namespace

Split split_rows(const Table& table, std::uint64_t seed, bool with_test) {
  const auto order = shuffled_groups(table, seed);
  std::vector<Group> groups = groups_of(order);
  Split split;
  split.fold.resize(table.rows);
  split.groups = groups.size();
  split.row_by_row = split.groups < kFewGroups && split.groups < table.rows;
  const auto rows = static_cast<double>(table.rows);
  const auto is_large = [&](const Group& group, double share) {
    return group.size > 1 && static_cast<double>(group.size) > share * rows;
  };
  // Large ones first: what comes later makes up for them.
  constexpr double kNotable = 0.005;
  const auto small = std::stable_partition(
      groups.begin(), groups.end(), [&](const Group& group) { return is_large(group, kNotable); });
  std::stable_sort(groups.begin(), small,
                   [](const Group& a, const Group& b) { return a.size > b.size; });
  Dealer dealer(with_test, table.labels);
  for (const Group& group : groups) {
    const int label = table.labels[order[group.first].row];
    const bool apart = is_large(group, kLargeGroup) || (group.size > 1 && split.row_by_row);
    const std::uint8_t fold = apart ? kTestFold
                              : is_large(group, kNotable)
                                  ? dealer.where_most_is_missing(label, group.size)
                                  : dealer.next(label, group.size);
    bool conflict = false;
    for (std::size_t at = group.first; at < group.first + group.size; ++at) {
      const std::uint32_t row = order[at].row;
      split.fold[row] = apart ? dealer.next(table.labels[row], 1) : fold;
      conflict |= table.labels[row] != label;
    }
    split.duplicate_rows += group.size - 1;
    if (apart && !split.row_by_row) split.common_rows += group.size;
    if (conflict) split.conflicting_rows += group.size;
  }
  return split;
}

}  // namespace vitrine
