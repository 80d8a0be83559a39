#include "engine/table/compiled_trees.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace vitrine::engine {
namespace {

constexpr std::uint8_t kAlwaysLeft = 255;   ///< a node's threshold
constexpr std::uint8_t kAlwaysRight = 255;  ///< a row's byte

std::size_t levels_below(const model::Tree& tree, std::size_t node) {
  const model::Tree::Node& at = tree.nodes[node];
  if (at.feature < 0) return 0;
  return 1 + std::max(levels_below(tree, static_cast<std::size_t>(at.left)),
                      levels_below(tree, static_cast<std::size_t>(at.right)));
}

/// The number of thresholds (ascending) that are at most x.
std::size_t reached(const std::vector<float>& thresholds, float x) {
  return static_cast<std::size_t>(std::ranges::upper_bound(thresholds, x) - thresholds.begin());
}

}  // namespace

class TreeCompiler {
 public:
  TreeCompiler(const model::TreeEnsemble& ensemble, const data::TableSchema& schema,
               const model::FeatureLayout& layout)
      : ensemble_(ensemble), thresholds_(layout.size), is_number_(layout.size, 0) {
    for (const model::FeatureBlock& block : layout.blocks) {
      if (block.kind == model::FeatureBlock::Kind::number) is_number_[block.first] = 1;
    }
    std::size_t deepest = 0;
    for (const model::Tree& tree : ensemble.trees) {
      deepest = std::max(deepest, levels_below(tree, 0));
      for (const model::Tree::Node& node : tree.nodes) {
        if (node.feature >= 0) thresholds_[place_of(node)].push_back(node.value);
      }
    }
    for (auto& list : thresholds_) {
      std::ranges::sort(list);
      list.erase(std::ranges::unique(list).begin(), list.end());
    }
    out_.base_ = ensemble.base;
    tables().targets = ensemble.base.size();
    if (deepest > TreeTables::kMostLevels) return;
    tables().depth = std::max(deepest, TreeTables::kLeastLevels);
    size_ = std::size_t{1} << tables().depth;
    if (!name_bytes()) return;
    lay_out_rows(schema, layout);
    lay_out_trees();
    fits_ = true;
  }

  std::optional<CompiledTrees> result() && {
    return fits_ ? std::optional(std::move(out_)) : std::nullopt;
  }

 private:
  using Key = std::tuple<std::size_t, bool, std::size_t>;  ///< feature, missing goes left, page

  TreeTables& tables() { return out_.tables_; }

  static std::size_t place_of(const model::Tree::Node& node) {
    return static_cast<std::size_t>(node.feature);
  }

  /// The byte of the row that a node compares, by its key, and the threshold. One-hot features are
  /// never missing.
  std::pair<Key, std::uint8_t> comparison_of(const model::Tree::Node& node) const {
    const std::size_t feature = place_of(node);
    const auto& list = thresholds_[feature];
    const auto rank =
        static_cast<std::size_t>(std::ranges::lower_bound(list, node.value) - list.begin());
    return {Key{feature, is_number_[feature] == 0 || node.missing_left, rank / kThresholdsAByte},
            static_cast<std::uint8_t>(rank % kThresholdsAByte)};
  }

  /// Numbers the bytes of a row. Returns false if there are too many.
  bool name_bytes() {
    std::set<Key> keys;
    for (const model::Tree& tree : ensemble_.trees) {
      for (const model::Tree::Node& node : tree.nodes) {
        if (node.feature >= 0) keys.insert(comparison_of(node).first);
      }
    }
    if (keys.size() > TreeTables::kMostBytes) return false;
    for (const Key& key : keys) {
      bytes_.emplace(key, static_cast<std::uint8_t>(bytes_.size()));
    }
    row_bytes_ = keys.size() <= 64 ? 64 : keys.size() <= 128 ? 128 : 256;
    return true;
  }

  void lay_out_rows(const data::TableSchema& schema, const model::FeatureLayout& layout) {
    tables().row.assign(row_bytes_, 0);
    for (const model::FeatureBlock& block : layout.blocks) {
      const data::Column& column = schema.columns[block.column];
      if (block.kind == model::FeatureBlock::Kind::number) {
        TreeTables::Number number{block.number, RankTable(thresholds_[block.first]), {}};
        for (const auto& [key, byte] : bytes_) {
          const auto& [feature, left, page] = key;
          if (feature != block.first) continue;
          number.places.push_back({byte, left ? std::uint8_t{0} : kAlwaysRight,
                                   static_cast<std::uint32_t>(page * kThresholdsAByte)});
        }
        if (!number.places.empty()) tables().numbers.push_back(std::move(number));
        continue;
      }
      TreeTables::Category category{block.column, column.had_missing(), {}};
      category.set.resize(block.size);
      bool used = false;
      for (std::size_t code = 0; code < block.size; ++code) {
        for (const auto& [key, byte] : bytes_) {
          const auto& [feature, left, page] = key;
          if (feature != block.first + code) continue;
          const auto& list = thresholds_[feature];
          tables().row[byte] = byte_of(reached(list, 0), page * kThresholdsAByte);
          category.set[code].emplace_back(byte, byte_of(reached(list, 1), page * kThresholdsAByte));
          used = true;
        }
      }
      if (used) tables().categories.push_back(std::move(category));
    }
  }

  void lay_out_trees() {
    const std::size_t targets = ensemble_.base.size();
    std::vector<const model::Tree*> order;
    for (std::size_t target = 0; target < targets; ++target) {
      for (std::size_t t = 0; t < ensemble_.trees.size(); ++t) {
        if (ensemble_.margin_of(t) == target) order.push_back(&ensemble_.trees[t]);
      }
      while (order.size() % TreeTables::kTrees != 0)
        order.push_back(nullptr);  // empty trees fill up the group
      tables().group_targets.resize(order.size() / TreeTables::kTrees,
                                    static_cast<std::uint32_t>(target));
    }
    tables().looks_at.resize(order.size() * size_, 0);
    tables().thresholds.resize(order.size() * size_, kAlwaysLeft);
    tables().leaves.resize(order.size() * size_, 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (order[i] != nullptr) fill(*order[i], 0, i, 1, 0);
    }
  }

  /// Copies the subtree at node `from` of `tree` to place `node` of the perfect tree `to`.
  void fill(const model::Tree& tree, std::size_t from, std::size_t to, std::size_t node,
            std::size_t level) {
    const model::Tree::Node& at = tree.nodes[from];
    if (level == tables().depth) {
      tables().leaves[to * size_ + node - size_] = at.value;
      return;
    }
    if (at.feature < 0) {  // a leaf above the last level: always go left
      fill(tree, from, to, 2 * node, level + 1);
      return;
    }
    const auto [key, threshold] = comparison_of(at);
    tables().looks_at[to * size_ + node] = bytes_.at(key);
    tables().thresholds[to * size_ + node] = threshold;
    fill(tree, static_cast<std::size_t>(at.left), to, 2 * node, level + 1);
    fill(tree, static_cast<std::size_t>(at.right), to, 2 * node + 1, level + 1);
  }

  const model::TreeEnsemble& ensemble_;
  std::vector<std::vector<float>> thresholds_;  ///< by feature
  std::vector<char> is_number_;                 ///< by feature
  std::map<Key, std::uint8_t> bytes_;
  std::size_t size_ = 0;  ///< leaves of a perfect tree
  std::size_t row_bytes_ = 64;
  bool fits_ = false;
  CompiledTrees out_;
};

std::optional<CompiledTrees> CompiledTrees::compile(const model::TreeEnsemble& ensemble,
                                                    const data::TableSchema& schema,
                                                    const model::FeatureLayout& layout) {
  return TreeCompiler(ensemble, schema, layout).result();
}

void CompiledTrees::margins_by(TreeKernel walk, const data::Table& table, std::size_t first,
                               std::size_t count, double* out) const {
  for (std::size_t row = 0; row < count; ++row) std::ranges::copy(base_, out + row * base_.size());
  for (std::size_t begin = 0; begin < count; begin += kRowsAtOnce) {
    walk(tables_, table, first + begin, std::min(kRowsAtOnce, count - begin),
         out + begin * base_.size());
  }
}

}  // namespace vitrine::engine
