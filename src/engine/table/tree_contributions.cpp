#include "engine/table/tree_contributions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vitrine::engine {
namespace {

constexpr std::size_t kRows = TreeContributions::kRows;
constexpr std::size_t kMostLevels = 64;

/// One number for each row, in as many vector registers as the processor needs. The alignment is
/// explicit, because code for older processors would otherwise use a smaller one than code for
/// newer processors expects.
using Lanes [[gnu::vector_size(kRows * sizeof(float)), gnu::aligned(kRows * sizeof(float))]] =
    float;

static_assert(alignof(Lanes) == sizeof(Lanes));

/// The values of a feature for kRows rows. (A vector type can't be a template argument.)
struct alignas(Lanes) Feature {
  Lanes rows{};
};

/// An element of the path from the root, as in the paper: the share of training rows that followed
/// the path if the feature is unknown (`zero`), whether the rows at hand follow it (`one`: 0 or 1),
/// and the weights of the subsets so far.
struct alignas(Lanes) Element {
  std::int32_t feature = -1;
  float zero = 1;
  Lanes one{};
  Lanes weight{};
};

/// The inputs and outputs of a walk through a tree.
struct Walk {
  const TreeContributions::Node* nodes;
  const Feature* features;
  const std::size_t* column_of_feature;
  double* sums;  ///< [column][row]
};

using Step = void (*)(const Walk&, std::int32_t node, Element* path, std::size_t depth, float zero,
                      const Lanes& one, std::int32_t feature);

/// EXTEND of the paper: adds a feature to the path.
[[gnu::always_inline]] inline void extend(Element* path, std::size_t depth, float zero,
                                          const Lanes& one, std::int32_t feature) {
  Element& last = path[depth];
  last.feature = feature;
  last.zero = zero;
  last.one = one;
  last.weight = Lanes{} + (depth == 0 ? 1.0F : 0.0F);
  const float all = 1 / static_cast<float>(depth + 1);
  for (std::size_t i = depth; i-- > 0;) {
    path[i + 1].weight += one * path[i].weight * (static_cast<float>(i + 1) * all);
    path[i].weight *= zero * static_cast<float>(depth - i) * all;
  }
}

/// UNWIND of the paper: removes an element from the path.
[[gnu::always_inline]] inline void unwind(Element* path, std::size_t depth, std::size_t place) {
  const Lanes one = path[place].one;
  const float zero = path[place].zero;
  Lanes next = path[depth].weight;
  const auto size = static_cast<float>(depth + 1);
  for (std::size_t i = depth; i-- > 0;) {
    const float stay = zero * static_cast<float>(depth - i) / size;
    const Lanes had = path[i].weight;
    const Lanes with = next * (size / static_cast<float>(i + 1));
    path[i].weight = one != 0 ? with : had * (1 / stay);
    next = had - with * stay;
  }
  for (std::size_t i = place; i < depth; ++i) {
    path[i].feature = path[i + 1].feature;
    path[i].zero = path[i + 1].zero;
    path[i].one = path[i + 1].one;
  }
}

/// Adds the contribution of a path element of a leaf to `out`: the sum of the weights without the
/// element, times the difference of its shares, times the value of the leaf.
[[gnu::always_inline]] inline void contribute(const Element* path, std::size_t depth,
                                              std::size_t place, float leaf, double* out) {
  const Lanes one = path[place].one;
  const float zero = path[place].zero;
  Lanes next = path[depth].weight;
  Lanes with{};     // for rows that follow the path
  Lanes without{};  // for the other rows
  const auto size = static_cast<float>(depth + 1);
  const float back = size / zero;
  for (std::size_t i = depth; i-- > 0;) {
    const auto left = static_cast<float>(depth - i);
    const Lanes part = next * (size / static_cast<float>(i + 1));
    with += part;
    without += path[i].weight * (back / left);
    next = path[i].weight - part * (zero * left / size);
  }
  const Lanes sum = (one != 0 ? with : without) * (one - zero) * leaf;
  for (std::size_t r = 0; r < kRows; ++r) out[r] += double{sum[r]};
}

/// One step of the recursion. `parent` is the path to the node's parent, `depth` elements; the path
/// to the node is written after it. `again` is this function compiled for the current processor.
[[gnu::always_inline]] inline void step(const Walk& walk, std::int32_t place, Element* parent,
                                        std::size_t depth, float zero, const Lanes& one,
                                        std::int32_t feature, Step again) {
  Element* path = parent + depth;
  std::copy_n(parent, depth, path);
  extend(path, depth, zero, one, feature);
  const TreeContributions::Node& node = walk.nodes[place];
  if (node.feature < 0) {
    for (std::size_t i = 1; i <= depth; ++i) {
      const auto on = static_cast<std::size_t>(path[i].feature);
      contribute(path, depth, i, node.value, walk.sums + walk.column_of_feature[on] * kRows);
    }
    return;
  }
  const Lanes& x = walk.features[static_cast<std::size_t>(node.feature)].rows;
  const Lanes ones = Lanes{} + 1;
  const Lanes missing = Lanes{} + (node.missing_left ? 1.0F : 0.0F);
  Lanes left = x < node.value ? ones : Lanes{};
  left = x == x ? left : missing;
  Lanes right = ones - left;
  // If the feature is on the path already, its shares are multiplied and it counts once.
  float came = 1;
  std::size_t size = depth + 1;
  for (std::size_t i = 1; i <= depth; ++i) {
    if (path[i].feature != node.feature) continue;
    came = path[i].zero;
    left *= path[i].one;
    right *= path[i].one;
    unwind(path, depth, i);
    size = depth;
    break;
  }
  again(walk, node.left, path, size, node.left_share * came, left, node.feature);
  again(walk, node.right, path, size, node.right_share * came, right, node.feature);
}

#ifdef __clang__  // it has no attribute for the width
#define VITRINE_WIDE_STEP [[gnu::target("arch=x86-64-v4")]]
#else
#define VITRINE_WIDE_STEP [[gnu::target("arch=x86-64-v4,prefer-vector-width=512")]]
#endif
VITRINE_WIDE_STEP void step_v4(const Walk& walk, std::int32_t node, Element* path,
                               std::size_t depth, float zero, const Lanes& one,
                               std::int32_t feature) {
  step(walk, node, path, depth, zero, one, feature, step_v4);
}
[[gnu::target("arch=x86-64-v3")]] void step_v3(const Walk& walk, std::int32_t node, Element* path,
                                               std::size_t depth, float zero, const Lanes& one,
                                               std::int32_t feature) {
  step(walk, node, path, depth, zero, one, feature, step_v3);
}
void step_any(const Walk& walk, std::int32_t node, Element* path, std::size_t depth, float zero,
              const Lanes& one, std::int32_t feature) {
  step(walk, node, path, depth, zero, one, feature, step_any);
}

Step best_step() {
  if (__builtin_cpu_supports("x86-64-v4") != 0) return step_v4;
  if (__builtin_cpu_supports("x86-64-v3") != 0) return step_v3;
  return step_any;
}

/// The tree with the shares of rows at each node; nullopt if they are not known. Sets `mean` to the
/// mean of the leaves, weighted by their rows.
std::optional<TreeContributions::Rooted> rooted(const model::Tree& tree, double& mean) {
  TreeContributions::Rooted out;
  out.nodes.resize(tree.nodes.size());
  std::vector<std::size_t> levels(tree.nodes.size(), 0);
  std::vector<double> means(tree.nodes.size(), 0);
  // Children come after their parents.
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const model::Tree::Node& node = tree.nodes[i];
    out.levels = std::max(out.levels, levels[i]);
    TreeContributions::Node& made = out.nodes[i];
    made.feature = node.feature;
    made.value = node.value;
    if (node.feature < 0) continue;
    const auto left = static_cast<std::size_t>(node.left);
    const auto right = static_cast<std::size_t>(node.right);
    levels[left] = levels[right] = levels[i] + 1;
    made.left = node.left;
    made.right = node.right;
    made.missing_left = node.missing_left;
    made.left_share = tree.nodes[left].cover / node.cover;
    made.right_share = tree.nodes[right].cover / node.cover;
    for (const float share : {made.left_share, made.right_share}) {
      if (!(std::isnormal(share) && share > 0)) return std::nullopt;
    }
  }
  if (out.levels > kMostLevels) return std::nullopt;
  for (std::size_t i = out.nodes.size(); i-- > 0;) {
    const TreeContributions::Node& node = out.nodes[i];
    means[i] = node.feature < 0
                   ? node.value
                   : means[static_cast<std::size_t>(node.left)] * double{node.left_share} +
                         means[static_cast<std::size_t>(node.right)] * double{node.right_share};
  }
  mean = means.empty() ? 0 : means[0];
  return out;
}

}  // namespace

std::optional<TreeContributions> TreeContributions::of(const model::TreeEnsemble& ensemble,
                                                       const data::TableSchema& schema,
                                                       const model::FeatureLayout& layout) {
  TreeContributions out;
  out.layout_ = layout;
  out.columns_ = schema.columns.size();
  out.base_.assign(ensemble.base.begin(), ensemble.base.end());
  for (std::size_t t = 0; t < ensemble.trees.size(); ++t) {
    double mean = 0;
    auto tree = rooted(ensemble.trees[t], mean);
    if (!tree) return std::nullopt;
    out.base_[ensemble.margin_of(t)] += mean;
    out.margins_.push_back(ensemble.margin_of(t));
    out.most_levels_ = std::max(out.most_levels_, tree->levels);
    out.trees_.push_back(std::move(*tree));
  }
  out.column_of_feature_.resize(layout.size);
  for (const model::FeatureBlock& block : layout.blocks) {
    std::fill_n(&out.column_of_feature_[block.first], block.size, block.column);
    out.categories_.push_back(schema.columns[block.column].categories.size());
  }
  return out;
}

void TreeContributions::read(const data::Table& table, std::size_t first, std::size_t count,
                             float* out) const {
  for (std::size_t b = 0; b < layout_.blocks.size(); ++b) {
    const model::FeatureBlock& block = layout_.blocks[b];
    const data::ColumnData& column = table.columns[block.column];
    float* to = out + block.first * kRows;
    if (block.kind == model::FeatureBlock::Kind::number) {
      std::array<float, kRows> scratch;
      std::copy_n(data::values_of(block.number, table, first, count, scratch.data()), count, to);
      continue;
    }
    for (std::size_t r = 0; r < count; ++r) {
      const std::uint32_t code = column.codes()[first + r];
      const std::size_t known = categories_[b];
      if (code < known) {
        to[code * kRows + r] = 1;
      } else if (code == data::kMissingCode && block.size > known) {
        to[known * kRows + r] = 1;
      }
    }
  }
}

void TreeContributions::add(const data::Table& table, std::size_t first, std::size_t count,
                            double* out) const {
  std::vector<Feature> features(layout_.size);
  read(table, first, count, reinterpret_cast<float*>(features.data()));
  const std::size_t targets = base_.size();
  std::vector<double> sums(targets * columns_ * kRows, 0.0);
  // One path for each level, each one element longer than the one before.
  std::vector<Element> paths((most_levels_ + 2) * (most_levels_ + 3) / 2);
  static const Step go = best_step();
  const Lanes all = Lanes{} + 1;
  for (std::size_t t = 0; t < trees_.size(); ++t) {
    if (trees_[t].nodes.empty()) continue;
    const Walk walk{trees_[t].nodes.data(), features.data(), column_of_feature_.data(),
                    &sums[margins_[t] * columns_ * kRows]};
    go(walk, 0, paths.data(), 0, 1, all, -1);
  }
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t k = 0; k < targets * columns_; ++k) {
      out[r * targets * columns_ + k] += sums[k * kRows + r];
    }
  }
}

}  // namespace vitrine::engine
