#include "train/table/trees/tree_grower.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/clones.h"
#include "base/parallel.h"
#include "train/table/trees/counter_random.h"

namespace vitrine::train {
namespace {

constexpr double kLeastGain = 1e-6;
/// Rows of a leaf from which several threads work on it.
constexpr std::size_t kManyRows = 32768;

/// Adds the gradients of rows to the sums of `count` groups: a row is loaded once for all of them.
template <std::size_t count>
void add_groups(std::span<const std::uint32_t> rows, const std::int64_t* gradients,
                const std::uint8_t* codes, std::size_t stride, const std::size_t* places,
                std::int64_t* const* sums) {
  std::array<const std::uint8_t*, count> from;
  std::array<std::int64_t*, count> to;
  for (std::size_t i = 0; i < count; ++i) {
    from[i] = codes + places[i];
    to[i] = sums[i];
  }
  for (const std::size_t row : rows) {
    const std::int64_t gradient = gradients[row];
    for (std::size_t i = 0; i < count; ++i) to[i][from[i][row * stride]] += gradient;
  }
}

constexpr std::size_t kGroupsTogether = 8;
/// add_groups() for 1 to kGroupsTogether groups.
constexpr auto kAddGroups = []<std::size_t... i>(std::index_sequence<i...>) {
  return std::array{&add_groups<i + 1>...};
}(std::make_index_sequence<kGroupsTogether>());

/// What the gain of a split is computed with.
struct GainRule {
  double gradient_unit;
  double hessian_unit;
  double least_hessian;
  double l2;
};

/// `gains[i]` becomes the gain of a split with `lefts[i]` of `total` on the left, 0 if a side is
/// too small. Returns the largest.
VITRINE_CLONES double split_gains(const std::int64_t* lefts, std::size_t count, std::int64_t total,
                                  const GainRule& rule, double* gains) {
  const auto [gradient_unit, hessian_unit, least_hessian, l2] = rule;
  const auto number = [](std::int64_t half) {
    return static_cast<double>(static_cast<std::int32_t>(half));
  };
  // Numbers from 0 on are ordered as their bits, whose maximum the compiler vectorizes; it does not
  // vectorize a choice between a quotient and 0.
  std::int64_t most = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t left = lefts[i];
    const std::int64_t right = total - left;
    const double left_hessian = number(left) * hessian_unit;
    const double right_hessian = number(right) * hessian_unit;
    const double left_gradient = number(left >> 32) * gradient_unit;
    const double right_gradient = number(right >> 32) * gradient_unit;
    const double gain = left_gradient * left_gradient / (left_hessian + l2) +
                        right_gradient * right_gradient / (right_hessian + l2);
    const std::int64_t large =
        (left_hessian >= least_hessian ? -1 : 0) & (right_hessian >= least_hessian ? -1 : 0);
    const std::int64_t bits = std::bit_cast<std::int64_t>(gain) & large;
    gains[i] = std::bit_cast<double>(bits);
    most = std::max(most, bits);
  }
  return std::bit_cast<double>(most);
}

/// The parts of a leaf of `rows` rows that threads work on.
std::size_t parts_of(std::size_t rows) {
  return rows < kManyRows ? 1 : std::min(core_count(), rows / (kManyRows / 2));
}

}  // namespace

float BinnedTree::value_of(const BinnedTable& table, std::size_t row) const {
  const Node* node = nodes.data();
  while (node->group >= 0) {
    const BinnedGroup& group = table.groups()[static_cast<std::size_t>(node->group)];
    node = &nodes[goes_left(*node, table.code(row, group)) ? node->left : node->right];
  }
  return node->value;
}

GrownTree TreeGrower::grow(std::span<const std::uint32_t> rows, const QuantizedGradients& gradients,
                           std::span<const std::size_t> columns, const GrowOptions& options) {
  gradients_ = &gradients;
  options_ = options;
  columns_ = columns;
  groups_.clear();
  for (const std::size_t column : columns) groups_.push_back(table_.columns()[column].group);
  std::ranges::sort(groups_);
  groups_.erase(std::ranges::unique(groups_).begin(), groups_.end());
  rows_.assign(rows.begin(), rows.end());
  scratch_.resize(rows.size());
  for (Leaf& leaf : leaves_) {
    if (!leaf.sums.empty()) free_sums_.push_back(std::move(leaf.sums));
  }
  leaves_.clear();
  grown_ = {};
  grown_.tree.nodes.emplace_back();
  grown_.binned.nodes.emplace_back();

  Leaf root;
  root.end = rows.size();
  for (const std::size_t row : rows) root.sum += gradients.of_row[row];
  if (options_.node_columns == 0) {
    root.sums = take_sums();
    add_up(root, root.sums);
  }
  grown_.tree.nodes[0].cover = static_cast<float>(gradients.hessian(root.sum));
  find_split(root);
  leaves_.push_back(std::move(root));
  if (options_.leaves == 0) {  // all that can be split, in any order
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      while (leaves_[i].split.gain > 0) split(i);
    }
  }
  while (leaves_.size() < options_.leaves) {
    const auto best =
        std::ranges::max_element(leaves_, {}, [](const Leaf& leaf) { return leaf.split.gain; });
    if (best->split.gain <= 0) break;
    split(static_cast<std::size_t>(best - leaves_.begin()));
  }
  for (Leaf& leaf : leaves_) finish_leaf(leaf);
  return std::move(grown_);
}

TreeGrower::Sums TreeGrower::take_sums() {
  if (free_sums_.empty()) return Sums(table_.sums(), 0);
  Sums sums = std::move(free_sums_.back());
  free_sums_.pop_back();
  std::ranges::fill(sums, 0);
  return sums;
}

void TreeGrower::add_rows(std::span<const std::uint32_t> rows, Sums& to) const {
  const std::int64_t* gradients = gradients_->of_row.data();
  std::array<std::size_t, kGroupsTogether> places{};
  std::array<std::int64_t*, kGroupsTogether> group_sums{};
  std::size_t count = 0;
  const auto add_collected = [&] {
    if (count == 0) return;
    kAddGroups[count - 1](rows, gradients, table_.narrow_codes(0), table_.narrow_groups(),
                          places.data(), group_sums.data());
    count = 0;
  };
  for (const std::size_t index : groups_) {
    const BinnedGroup& group = table_.groups()[index];
    std::int64_t* const of_group = &to[group.first_in_sums];
    if (group.wide) {
      const std::uint32_t* wide = table_.wide_codes(group.place);
      for (const std::size_t row : rows) of_group[wide[row]] += gradients[row];
      continue;
    }
    places[count] = group.place;
    group_sums[count] = of_group;
    if (++count == kGroupsTogether) add_collected();
  }
  add_collected();
}

void TreeGrower::add_up(const Leaf& leaf, Sums& sums) const {
  const std::size_t size = leaf.end - leaf.begin;
  const auto rows = rows_of(leaf);
  const std::size_t parts = parts_of(size);
  std::vector<Sums> partial(parts - 1, Sums(parts > 1 ? sums.size() : 0, 0));
  parallel_for(parts, [&](std::size_t part) {
    const std::size_t begin = size * part / parts;
    add_rows(rows.subspan(begin, size * (part + 1) / parts - begin),
             part == 0 ? sums : partial[part - 1]);
  });
  for (const Sums& more : partial) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += more[i];
  }
}

double TreeGrower::score(std::int64_t sum) const {
  const double gradient = gradients_->gradient(sum);
  return gradient * gradient / (gradients_->hessian(sum) + options_.l2);
}

void TreeGrower::consider(Leaf& leaf, std::size_t column, bool missing_left) {
  const GainRule rule{.gradient_unit = gradients_->gradient_unit,
                      .hessian_unit = gradients_->hessian_unit,
                      .least_hessian = options_.least_hessian,
                      .l2 = options_.l2};
  gains_.resize(lefts_.size());
  const double gain = split_gains(lefts_.data(), lefts_.size(), leaf.sum, rule, gains_.data());
  if (gain <= leaf.split.gain) return;
  const auto place = static_cast<std::size_t>(std::ranges::find(gains_, gain) - gains_.begin());
  leaf.split = {gain, column, static_cast<std::uint32_t>(place), missing_left, lefts_[place]};
}

void TreeGrower::find_split(Leaf& leaf) {
  leaf.split = {};
  if (gradients_->hessian(leaf.sum) < 2 * options_.least_hessian) return;
  const double before = score(leaf.sum);
  const double least = before + kLeastGain;
  leaf.split.gain = least;
  if (options_.node_columns > 0) {
    find_split_of_drawn(leaf);
  } else {
    for (const std::size_t index : columns_) {
      split_group_sums(table_.columns()[index], leaf);
      scan(index, leaf);
    }
  }
  leaf.split.gain = leaf.split.gain > least ? leaf.split.gain - before : 0;
}

void TreeGrower::find_split_of_drawn(Leaf& leaf) {
  // A node of one class can't be split, whatever the column.
  const auto& gradients = gradients_->of_row;
  const auto rows = rows_of(leaf);
  const auto is_same = [&](std::size_t row) { return gradients[row] == gradients[rows[0]]; };
  if (std::ranges::all_of(rows, is_same)) return;
  constexpr std::size_t kMostDraws = 10;  // times node_columns
  const double least = leaf.split.gain;
  const CounterRandom random(options_.seed, options_.stream);
  drawn_.assign(columns_.begin(), columns_.end());
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    if (i >= options_.node_columns && leaf.split.gain > least) return;
    if (i >= kMostDraws * options_.node_columns) return;
    const std::uint64_t rest = drawn_.size() - i;
    const std::uint64_t place = leaf.node * drawn_.size() + i;
    std::swap(drawn_[i], drawn_[i + static_cast<std::size_t>(random.at(place) * rest >> 32)]);
    add_bins(table_.columns()[drawn_[i]], leaf);
    scan(drawn_[i], leaf);
  }
}

void TreeGrower::scan(std::size_t index, Leaf& leaf) {
  const BinnedColumn& column = table_.columns()[index];
  if (column.one_hot) {
    scan_one_hot(column, index, leaf);
  } else {
    scan_number(column, index, leaf);
  }
}

void TreeGrower::split_group_sums(const BinnedColumn& column, const Leaf& leaf) {
  const BinnedGroup& group = table_.groups()[column.group];
  const std::int64_t* sums = &leaf.sums[group.first_in_sums];
  bins_.assign(column.bins, 0);
  if (group.columns.size() == 1) {
    std::copy_n(sums, column.bins, bins_.begin());
    return;
  }
  for (std::size_t first = 0; first < group.size;) {
    for (std::uint32_t bin = 0; bin < column.bins; ++bin) {
      std::int64_t sum = 0;
      for (std::uint32_t i = 0; i < column.stride; ++i) sum += sums[first++];
      bins_[bin] += sum;
    }
  }
}

void TreeGrower::add_bins(const BinnedColumn& column, const Leaf& leaf) {
  const BinnedGroup& group = table_.groups()[column.group];
  bins_.assign(column.bins, 0);
  const std::int64_t* const gradients = gradients_->of_row.data();
  const auto rows = rows_of(leaf);
  if (group.wide) {
    const std::uint32_t* const codes = table_.wide_codes(group.place);
    for (const std::size_t row : rows) bins_[codes[row]] += gradients[row];
    return;
  }
  const std::uint8_t* const codes = table_.narrow_codes(0) + group.place;
  const std::size_t stride = table_.narrow_groups();
  for (const std::size_t row : rows) {
    bins_[column.bin_of(codes[row * stride])] += gradients[row];
  }
}

void TreeGrower::scan_number(const BinnedColumn& column, std::size_t index, Leaf& leaf) {
  const std::int64_t missing = bins_.back();
  lefts_.resize(column.cuts.size());
  std::partial_sum(bins_.begin(), bins_.begin() + std::ssize(lefts_), lefts_.begin());
  if (missing == 0) {
    const double before = leaf.split.gain;
    consider(leaf, index, false);
    // Missing numbers that come later go with most rows.
    if (leaf.split.gain > before) {
      leaf.split.missing_left =
          2 * gradients_->hessian(leaf.split.left) > gradients_->hessian(leaf.sum);
    }
    return;
  }
  lefts_.push_back(leaf.sum - missing);
  consider(leaf, index, false);
  lefts_.pop_back();
  for (std::int64_t& left : lefts_) left += missing;
  consider(leaf, index, true);
}

void TreeGrower::scan_one_hot(const BinnedColumn& column, std::size_t index, Leaf& leaf) {
  lefts_.assign(column.bins - 1, leaf.sum);
  for (std::size_t bin = 0; bin < lefts_.size(); ++bin) lefts_[bin] -= bins_[bin];
  consider(leaf, index, false);
}

void TreeGrower::mark_left(const Split& split, BinnedTree::Node& node) {
  const BinnedColumn& column = table_.columns()[split.column];
  const BinnedGroup& group = table_.groups()[column.group];
  node.group = static_cast<std::int32_t>(column.group);
  auto& bits = grown_.binned.bits;
  node.first_bit = static_cast<std::uint32_t>(bits.size() * 64);
  bits.resize(bits.size() + (group.size + 63) / 64, 0);
  std::uint64_t* const own = &bits[node.first_bit / 64];
  for (std::uint32_t code = 0; code < group.size;) {
    for (std::uint32_t bin = 0; bin < column.bins; ++bin) {
      const bool left = column.one_hot           ? bin != split.bin
                        : bin + 1 == column.bins ? split.missing_left
                                                 : bin <= split.bin;
      for (std::uint32_t i = 0; i < column.stride; ++i, ++code) {
        if (left) own[code / 64] |= std::uint64_t{1} << (code % 64);
      }
    }
  }
}

std::size_t TreeGrower::partition(const Leaf& leaf, const BinnedTree::Node& node) {
  const BinnedGroup& group = table_.groups()[static_cast<std::size_t>(node.group)];
  // Parts are split each by itself, then moved together: lefts first, in their order.
  const std::size_t size = leaf.end - leaf.begin;
  const std::size_t parts = parts_of(size);
  std::vector<std::size_t> lefts(parts);
  const auto split_part = [&](std::size_t part, const auto& goes_left) {
    const std::size_t begin = leaf.begin + size * part / parts;
    const std::size_t end = leaf.begin + size * (part + 1) / parts;
    std::uint32_t* left = &rows_[begin];
    std::uint32_t* right = &scratch_[begin];
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t row = rows_[i];
      const std::size_t is_left = goes_left(row);
      *left = row;
      *right = row;
      left += is_left;
      right += 1 - is_left;
    }
    lefts[part] = static_cast<std::size_t>(left - &rows_[begin]);
  };
  std::array<std::uint8_t, 256> table{};
  if (!group.wide) {
    for (std::uint32_t code = 0; code < group.size; ++code) {
      table[code] = grown_.binned.goes_left(node, code) ? 1 : 0;
    }
  }
  parallel_for(parts, [&](std::size_t part) {
    if (group.wide) {
      const std::uint32_t* codes = table_.wide_codes(group.place);
      split_part(part, [&](std::size_t row) -> std::size_t {
        return grown_.binned.goes_left(node, codes[row]) ? 1 : 0;
      });
    } else {
      const std::uint8_t* codes = table_.narrow_codes(0) + group.place;
      const std::size_t stride = table_.narrow_groups();
      split_part(part, [&](std::size_t row) -> std::size_t { return table[codes[row * stride]]; });
    }
  });
  std::size_t middle = leaf.begin + lefts[0];
  for (std::size_t part = 1; part < parts; ++part) {
    const auto from = rows_.begin() + static_cast<std::ptrdiff_t>(leaf.begin + size * part / parts);
    std::copy_n(from, lefts[part], rows_.begin() + static_cast<std::ptrdiff_t>(middle));
    middle += lefts[part];
  }
  std::size_t to = middle;
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t begin = leaf.begin + size * part / parts;
    const std::size_t rights = leaf.begin + size * (part + 1) / parts - begin - lefts[part];
    std::copy_n(&scratch_[begin], rights, &rows_[to]);
    to += rights;
  }
  return middle;
}

void TreeGrower::split(std::size_t index) {
  const Split chosen = leaves_[index].split;
  const BinnedColumn& column = table_.columns()[chosen.column];
  const std::size_t node = leaves_[index].node;
  const std::size_t left_node = grown_.tree.nodes.size();
  grown_.tree.nodes.resize(left_node + 2);
  grown_.binned.nodes.resize(left_node + 2);

  BinnedTree::Node& binned = grown_.binned.nodes[node];
  mark_left(chosen, binned);
  binned.left = static_cast<std::uint32_t>(left_node);
  binned.right = static_cast<std::uint32_t>(left_node + 1);
  const std::size_t middle = partition(leaves_[index], binned);

  Leaf right;
  right.node = left_node + 1;
  right.begin = middle;
  right.end = leaves_[index].end;
  right.depth = leaves_[index].depth + 1;
  right.sum = leaves_[index].sum - chosen.left;
  Leaf left;
  left.node = left_node;
  left.begin = leaves_[index].begin;
  left.end = middle;
  left.depth = right.depth;
  left.sum = chosen.left;
  Sums sums = std::move(leaves_[index].sums);

  model::Tree::Node& own = grown_.tree.nodes[node];
  own.feature = static_cast<std::int32_t>(column.first + (column.one_hot ? chosen.bin : 0));
  own.value = column.one_hot                    ? 0.5F
              : chosen.bin < column.cuts.size() ? column.cuts[chosen.bin]
                                                : std::numeric_limits<float>::max();
  own.left = static_cast<std::int32_t>(left.node);
  own.right = static_cast<std::int32_t>(right.node);
  own.missing_left = chosen.missing_left;
  grown_.tree.nodes[left.node].cover = static_cast<float>(gradients_->hessian(left.sum));
  grown_.tree.nodes[right.node].cover = static_cast<float>(gradients_->hessian(right.sum));

  const bool last = left.depth >= options_.depth ||
                    (options_.leaves > 0 && leaves_.size() + 1 >= options_.leaves);
  if (last) {
    if (!sums.empty()) free_sums_.push_back(std::move(sums));
  } else if (options_.node_columns > 0) {
    find_split(left);
    find_split(right);
  } else {
    Leaf& smaller = left.end - left.begin <= right.end - right.begin ? left : right;
    Leaf& larger = &smaller == &left ? right : left;
    smaller.sums = take_sums();
    add_up(smaller, smaller.sums);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] -= smaller.sums[i];
    larger.sums = std::move(sums);
    find_split(left);
    find_split(right);
    for (Leaf* const leaf : {&left, &right}) {
      if (leaf->split.gain <= 0) free_sums_.push_back(std::exchange(leaf->sums, {}));
    }
  }
  leaves_[index] = std::move(left);
  leaves_.push_back(std::move(right));
}

void TreeGrower::finish_leaf(Leaf& leaf) {
  double step = -gradients_->gradient(leaf.sum) / (gradients_->hessian(leaf.sum) + options_.l2);
  if (options_.most_step > 0) step = std::clamp(step, -options_.most_step, options_.most_step);
  leaf.value = static_cast<float>(step * options_.learning_rate);
  grown_.tree.nodes[leaf.node].value = leaf.value;
  grown_.binned.nodes[leaf.node].value = leaf.value;
}

}  // namespace vitrine::train
