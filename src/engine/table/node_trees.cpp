#include "engine/table/node_trees.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "data/table/date_parts.h"

namespace vitrine::engine {
namespace {

/// Numbers in the order of floats; none is 0 or the greatest.
std::uint32_t key_of(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x + 0.0F);  // -0 is 0
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

}  // namespace

class NodeTrees::Builder {
 public:
  Builder(NodeTrees& out, const data::TableSchema& schema, const model::FeatureLayout& layout)
      : out_(out), features_(layout.size) {
    for (const model::FeatureBlock& block : layout.blocks) {
      if (block.kind == model::FeatureBlock::Kind::number) {
        features_[block.first] = {false, out.numbers_.size(), 0};
        out.numbers_.push_back({block.number});
        continue;
      }
      const data::Column& column = schema.columns[block.column];
      for (std::size_t i = 0; i < block.size; ++i) {
        features_[block.first + i] = {true, out.categories_.size(), i};
      }
      out.categories_.push_back(
          {block.column, column.had_missing(), std::vector<std::int32_t>(block.size, -1)});
    }
  }

  /// Adds trees that differ only in their leaves.
  void add(const model::TreeEnsemble& ensemble, std::size_t tree, std::size_t shapes) {
    const model::Tree& from = ensemble.trees[tree];
    if (from.nodes.empty()) return;
    std::vector<std::int32_t> to(from.nodes.size());
    to[0] = make(1);
    out_.roots_.push_back({to[0], static_cast<std::uint32_t>(ensemble.margin_of(tree)),
                           static_cast<std::uint32_t>(shapes)});
    for (std::size_t n = 0; n < from.nodes.size(); ++n) {
      const model::Tree::Node& node = from.nodes[n];
      const auto at = static_cast<std::size_t>(to[n]);
      if (node.feature < 0) {
        out_.nodes_[at] = {0, 0, to[n] - 1};
        out_.leaf_places_[at] = static_cast<std::uint32_t>(out_.leaves_.size());
        for (std::size_t k = 0; k < shapes; ++k) {
          out_.leaves_.push_back(ensemble.trees[tree + k].nodes[n].value);
        }
        continue;
      }
      const std::int32_t children = make(2);
      to[static_cast<std::size_t>(node.left)] = children;
      to[static_cast<std::size_t>(node.right)] = children + 1;
      out_.nodes_[at] = question(node, children);
    }
  }

 private:
  struct Feature {
    bool category = false;
    std::size_t place = 0;  ///< among the numbers or categories
    std::size_t code = 0;
  };

  std::int32_t make(std::size_t count) {
    const auto first = static_cast<std::int32_t>(out_.nodes_.size());
    out_.nodes_.resize(out_.nodes_.size() + count);
    out_.leaf_places_.resize(out_.nodes_.size());
    return first;
  }

  Node question(const model::Tree::Node& node, std::int32_t children) {
    const Feature& feature = features_[static_cast<std::size_t>(node.feature)];
    std::int32_t& slot = feature.category
                             ? out_.categories_[feature.place].slots[feature.code]
                             : out_.numbers_[feature.place].slots[node.missing_left ? 1 : 0];
    if (slot < 0) slot = static_cast<std::int32_t>(out_.slots_++);
    // Of a feature that is 0 or 1, the first number that goes right.
    const std::uint32_t of_flag = !(0 < node.value) ? 0 : !(1 < node.value) ? 1 : 2;
    return {feature.category ? of_flag : key_of(node.value), static_cast<std::uint32_t>(slot),
            children};
  }

  NodeTrees& out_;
  std::vector<Feature> features_;
};

NodeTrees::NodeTrees(const model::TreeEnsemble& ensemble, const data::TableSchema& schema,
                     const model::FeatureLayout& layout)
    : base_(ensemble.base.begin(), ensemble.base.end()) {
  Builder builder(*this, schema, layout);
  for (std::size_t t = 0; t < ensemble.trees.size();) {
    const std::size_t shapes = ensemble.shapes_from(t);
    builder.add(ensemble, t, shapes);
    t += shapes;
  }
}

void NodeTrees::read(const data::Table& table, std::size_t first, std::size_t count,
                     std::uint32_t* values) const {
  std::fill_n(values, count * slots_, 0);
  std::vector<float> scratch(count);
  for (const Number& number : numbers_) {
    if (std::ranges::max(number.slots) < 0) continue;
    const float* from = data::values_of(number.source, table, first, count, scratch.data());
    for (const bool missing_left : {false, true}) {
      const std::int32_t slot = number.slots[missing_left ? 1 : 0];
      if (slot < 0) continue;
      const std::uint32_t missing = missing_left ? 0 : std::numeric_limits<std::uint32_t>::max();
      std::uint32_t* to = values + slot;
      for (std::size_t row = 0; row < count; ++row, to += slots_) {
        *to = std::isnan(from[row]) ? missing : key_of(from[row]);
      }
    }
  }
  for (const Category& category : categories_) {
    const std::uint32_t* codes = &table.columns[category.column].codes()[first];
    const std::size_t known = category.slots.size() - (category.has_missing ? 1 : 0);
    for (std::size_t row = 0; row < count; ++row) {
      std::size_t code = codes[row];
      if (codes[row] == data::kMissingCode && category.has_missing) {
        code = known;
      } else if (code >= known) {
        continue;
      }
      if (category.slots[code] >= 0) {
        values[row * slots_ + static_cast<std::size_t>(category.slots[code])] = 1;
      }
    }
  }
}

/// The leaves that the walks reach.
NodeTrees::Lanes NodeTrees::leaves(Lanes at,
                                   const std::array<const std::uint32_t*, kLanes>& rows) const {
  constexpr int kSteps = 4;  // between two looks whether all walks have ended
  const Node* nodes = nodes_.data();
  Lanes before;
  do {
    for (int step = 0; step < kSteps; ++step) {
      before = at;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const Node& node = nodes[at[lane]];
        at[lane] = node.left + static_cast<std::int32_t>(rows[lane][node.slot] >= node.key);
      }
    }
  } while (before != at);
  return at;
}

void NodeTrees::add_leaf(const Root& root, std::int32_t leaf, double* margins) const {
  const std::uint32_t place = leaf_places_[static_cast<std::size_t>(leaf)];
  for (std::uint32_t k = 0; k < root.margins; ++k) {
    margins[root.margin + k] += static_cast<double>(leaves_[place + k]);
  }
}

/// Several trees at a time.
void NodeTrees::add_trees_of_row(const std::uint32_t* row, double* margins) const {
  std::array<const std::uint32_t*, kLanes> rows;
  rows.fill(row);
  for (std::size_t t = 0; t < roots_.size(); t += kLanes) {
    const std::size_t some = std::min(kLanes, roots_.size() - t);
    Lanes at;
    for (std::size_t i = 0; i < kLanes; ++i) at[i] = roots_[t + std::min(i, some - 1)].node;
    at = leaves(at, rows);
    for (std::size_t i = 0; i < some; ++i) add_leaf(roots_[t + i], at[i], margins);
  }
}

/// Several rows at a time.
void NodeTrees::add_rows_of_tree(const Root& root, const std::uint32_t* values, std::size_t count,
                                 double* margins) const {
  for (std::size_t row = 0; row < count; row += kLanes) {
    const std::size_t some = std::min(kLanes, count - row);
    std::array<const std::uint32_t*, kLanes> rows;
    for (std::size_t i = 0; i < kLanes; ++i) {
      rows[i] = values + (row + std::min(i, some - 1)) * slots_;
    }
    Lanes at;
    at.fill(root.node);
    at = leaves(at, rows);
    for (std::size_t i = 0; i < some; ++i) {
      add_leaf(root, at[i], margins + (row + i) * base_.size());
    }
  }
}

/// Many: a tree is fetched once for all of them. Few enough for the caches.
std::size_t NodeTrees::rows_at_once() const {
  constexpr std::size_t kValues = 16384;
  return std::clamp<std::size_t>(kValues / slots_, 64, 1024);
}

void NodeTrees::margins(const data::Table& table, std::size_t first, std::size_t count,
                        double* out) const {
  const std::size_t targets = base_.size();
  const std::size_t most = std::min(count, rows_at_once());
  std::vector<std::uint32_t> values(most * slots_);
  for (std::size_t begin = 0; begin < count; begin += most) {
    const std::size_t some = std::min(most, count - begin);
    read(table, first + begin, some, values.data());
    double* sums = out + begin * targets;
    for (std::size_t row = 0; row < some; ++row) std::ranges::copy(base_, sums + row * targets);
    if (some < kLanes) {
      for (std::size_t row = 0; row < some; ++row) {
        add_trees_of_row(&values[row * slots_], sums + row * targets);
      }
    } else {
      for (const Root& root : roots_) add_rows_of_tree(root, values.data(), some, sums);
    }
  }
}

}  // namespace vitrine::engine
