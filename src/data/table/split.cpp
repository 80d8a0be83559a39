#include "data/table/split.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>

#include "base/parallel.h"

namespace vitrine::data {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  const auto wide =
      static_cast<unsigned __int128>(hash ^ word ^ 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
  return static_cast<std::uint64_t>(wide) ^ static_cast<std::uint64_t>(wide >> 64);
}

std::uint64_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }
std::uint64_t bits_of(std::uint32_t code) { return code; }
std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }
std::uint64_t bits_of(const std::string& text) { return text_hash(text); }

struct Keyed {
  std::uint64_t hash;
  std::uint32_t row;
  auto operator<=>(const Keyed&) const = default;
};

/// Rows sorted by their seeded hashes: rows of one group are adjacent, groups are in random order.
std::vector<Keyed> shuffled_groups(const Table& table, std::uint64_t seed,
                                   std::span<const std::uint64_t> hashes) {
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

std::uint64_t text_hash(const std::string& text) {
  std::uint64_t hash = text.size();
  for (std::size_t i = 0; i < text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, &text[i], std::min(sizeof word, text.size() - i));
    hash = mix(hash, word);
  }
  return hash;
}

std::vector<std::uint64_t> row_hashes(const Table& table) {
  std::vector<std::uint64_t> hashes(table.rows, 0);
  constexpr std::size_t kBlock = 65536;
  parallel_for((table.rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    const std::size_t begin = block * kBlock;
    const std::size_t end = std::min(begin + kBlock, table.rows);
    for (const ColumnData& column : table.columns) {
      std::visit(
          [&](const auto& values) {
            for (std::size_t row = begin; row < end; ++row) {
              hashes[row] = mix(hashes[row], bits_of(values[row]));
            }
          },
          column.values);
    }
  });
  return hashes;
}

namespace {

/// The number of rows of each class.
using ClassCounts = std::map<int, double>;

/// Assigns groups to folds in turn: every fifth group of a class to the test set, the others to the
/// folds. A fold (or the test set) that already has its share of a class is skipped. Large groups
/// go to the fold that lacks most rows of their classes.
class Dealer {
 public:
  Dealer(bool with_test, const ClassCounts& all) : with_test_(with_test) {
    for (const auto& [label, rows] : all) of_class_[label].all = rows;
  }

  /// The fold for a group whose first row has class `label` (kFolds is the test set).
  std::size_t next(int label) {
    constexpr double kSlack = 0.01;
    Class& one = of_class_[label];
    std::size_t place = turn(one.turns++);
    for (std::size_t i = 0; i < kFolds * kFolds; ++i) {
      if (one.rows[place] < share(place) * one.all * (1 + kSlack) + 1) break;
      place = turn(one.turns++);
    }
    return place;
  }

  /// The fold that lacks most rows of the group's classes, relative to its share.
  std::size_t where_most_is_missing(const ClassCounts& group) {
    std::size_t best = 0;
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t place = 0; place < kPlaces; ++place) {
      if (share(place) == 0) continue;
      double missing = 0;
      for (const auto& [label, rows] : group) {
        const Class& one = of_class_[label];
        missing += rows / one.all * (one.all - one.rows[place] / share(place)) / one.all;
      }
      if (missing <= most + 1e-12) continue;
      most = missing;
      best = place;
    }
    return best;
  }

  void put(std::size_t place, int label) { of_class_[label].rows[place] += 1; }

  static std::uint8_t fold_of(std::size_t place) {
    return place == kFolds ? kTestFold : static_cast<std::uint8_t>(place);
  }

 private:
  static constexpr std::size_t kPlaces = kFolds + 1;  ///< the folds and the test set
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

  bool with_test_;
  std::map<int, Class> of_class_;
};

/// Equal rows, as a range of the shuffled order.
struct Group {
  std::size_t first = 0;
  std::size_t size = 0;
};

/// The groups of a table, with their size relative to the table and its classes.
class Groups {
 public:
  Groups(std::span<const int> labels, const std::vector<Keyed>& order)
      : labels_(labels), order_(order) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || order[i].hash != order[i - 1].hash) all.push_back({i, 0});
      ++all.back().size;
    }
    for (const int label : labels) classes[label] += 1;
  }

  std::size_t row(const Group& group, std::size_t i) const { return order_[group.first + i].row; }
  int label(const Group& group, std::size_t i) const { return labels_[row(group, i)]; }

  ClassCounts counts(const Group& group) const {
    ClassCounts counts;
    for (std::size_t i = 0; i < group.size; ++i) counts[label(group, i)] += 1;
    return counts;
  }

  /// True if the group has more than `share` of all rows, or more than `least` rows and twice
  /// `share` of the rows of a class.
  bool exceeds(const Group& group, double share, double least) const {
    if (group.size < 2) return false;
    if (static_cast<double>(group.size) > share * static_cast<double>(labels_.size())) return true;
    return std::ranges::any_of(counts(group), [&](const auto& one) {
      return one.second > std::max(least, 2 * share * classes.at(one.first));
    });
  }

  std::vector<Group> all;
  ClassCounts classes;

 private:
  std::span<const int> labels_;
  const std::vector<Keyed>& order_;
};

/// What the split keeps in proportion: the classes, or the tenths of numbers, of which several are
/// one in small tables, so that each part gets some rows.
std::vector<int> strata_of(const Table& table) {
  constexpr std::size_t kRows = 25;
  constexpr std::size_t kTenths = 10;
  std::vector<int> strata = table.labels;
  if (table.targets.empty()) return strata;
  const auto count = static_cast<int>(std::clamp<std::size_t>(table.rows / kRows, 1, kTenths));
  for (int& one : strata) one = one * count / static_cast<int>(kTenths);
  return strata;
}

}  // namespace

Split split_rows(const Table& table, std::uint64_t seed, bool with_test,
                 std::span<const std::uint64_t> given) {
  constexpr double kNotable = 0.005;
  constexpr double kFewRows = 5;  // so many rows of a class may always stay together
  const auto order = given.empty() ? shuffled_groups(table, seed, row_hashes(table))
                                   : shuffled_groups(table, seed, given);
  const std::vector<int> strata = strata_of(table);
  Groups groups(strata, order);
  Split split;
  split.fold.resize(table.rows);
  split.groups = groups.all.size();
  const bool may_part = given.empty();
  split.row_by_row = may_part && split.groups < kFewGroups && split.groups < table.rows;
  const auto notable = [&](const Group& group) {
    return groups.exceeds(group, kNotable, kFewRows);
  };
  // Large groups first, by size, so that the small ones can even out the folds.
  const auto small = std::stable_partition(groups.all.begin(), groups.all.end(), notable);
  std::stable_sort(groups.all.begin(), small,
                   [](const Group& a, const Group& b) { return a.size > b.size; });
  Dealer dealer(with_test, groups.classes);
  for (auto at = groups.all.begin(); at != groups.all.end(); ++at) {
    const Group& group = *at;
    const int label = groups.label(group, 0);
    const bool large = may_part && at < small && groups.exceeds(group, kLargeGroup, kFewRows);
    const bool apart = large || (group.size > 1 && split.row_by_row);
    std::size_t place = 0;
    if (!apart) {
      place = at < small ? dealer.where_most_is_missing(groups.counts(group)) : dealer.next(label);
    }
    bool conflict = false;
    for (std::size_t i = 0; i < group.size; ++i) {
      const int its = groups.label(group, i);
      if (apart) place = dealer.next(its);
      dealer.put(place, its);
      split.fold[groups.row(group, i)] = Dealer::fold_of(place);
      conflict |= its != label;
    }
    if (!may_part) continue;
    split.duplicate_rows += group.size - 1;
    if (large && !split.row_by_row) split.common_rows += group.size;
    if (conflict && table.targets.empty()) split.conflicting_rows += group.size;
  }
  return split;
}

Split split_by_time(const Table& table, std::span<const double> times, bool with_test) {
  std::vector<std::uint32_t> order(table.rows);
  std::iota(order.begin(), order.end(), 0U);
  const auto time_of = [&](std::uint32_t row) {
    return std::isnan(times[row]) ? -std::numeric_limits<double>::infinity() : times[row];
  };
  std::ranges::stable_sort(order, {}, time_of);
  // The first place of the last fifth of `size` rows, moved to the first row of its time.
  const auto last_fifth = [&](std::size_t size) {
    std::size_t at = size - size / kFolds;
    while (at > 0 && at < size && time_of(order[at]) == time_of(order[at - 1])) --at;
    return at;
  };
  const std::size_t test = with_test ? last_fifth(table.rows) : table.rows;
  const std::size_t held_out = last_fifth(test);
  Split split;
  split.groups = table.rows;
  split.fold.resize(table.rows);
  for (std::size_t i = 0; i < order.size(); ++i) {
    split.fold[order[i]] = i >= test ? kTestFold : std::uint8_t{i < held_out};
  }
  return split;
}

}  // namespace vitrine::data
