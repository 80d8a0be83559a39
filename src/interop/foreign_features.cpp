#include "interop/foreign_features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string_view>

#include "base/text.h"

namespace vitrine::interop {
namespace {

void require(bool condition, const std::string& what) {
  if (!condition) throw std::invalid_argument(what);
}

float finite(double x) {
  const auto out = static_cast<float>(x);
  require(std::isfinite(out), "a weight is not a finite number");
  return out;
}

/// The place of each block of a layout, by kind and schema column.
std::map<std::pair<model::FeatureBlock::Kind, std::size_t>, std::size_t> places_of(
    const model::FeatureLayout& layout) {
  std::map<std::pair<model::FeatureBlock::Kind, std::size_t>, std::size_t> out;
  for (const model::FeatureBlock& block : layout.blocks) {
    out[{block.kind, block.column}] = block.first;
  }
  return out;
}

/// The slope and the value at 0 of the steps, which are affine.
std::pair<double, double> affine(const ForeignFeature& feature) {
  double slope = 1, offset = 0;
  for (const ScalingStep& step : feature.steps) {
    offset = step.of(offset);
    slope = step.divides ? slope / step.times : slope * step.times;
  }
  return {slope, offset};
}

// Floats in their order as whole numbers, so that a border can be searched by halving.
std::int64_t rank_of(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  return bits >= 0 ? bits : std::int64_t{std::numeric_limits<std::int32_t>::min()} - bits;
}
float float_of(std::int64_t rank) {
  const auto bits =
      rank >= 0 ? rank : std::int64_t{std::numeric_limits<std::int32_t>::min()} - rank;
  return std::bit_cast<float>(static_cast<std::int32_t>(bits));
}

/// The smallest float at which `left` is no longer true, for a predicate that is true up to some
/// float and false from there on; infinity if it is true for all finite floats.
template <typename Left>
float first_not(const Left& left) {
  constexpr float kMost = std::numeric_limits<float>::max();
  if (!left(-kMost)) return -std::numeric_limits<float>::infinity();
  if (left(kMost)) return std::numeric_limits<float>::infinity();
  std::int64_t low = rank_of(-kMost), high = rank_of(kMost);  // left(low), not left(high)
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (left(float_of(middle)) ? low : high) = middle;
  }
  return float_of(high);
}

}  // namespace

double ScalingStep::of(double x) const {
  if (divides) return (x + add) / times;
  return times_first ? x * times + add : (x + add) * times;
}

double ForeignFeature::scaled(double x) const {
  for (const ScalingStep& step : steps) x = step.of(x);
  return x;
}

std::vector<data::Column> schema_columns(const ForeignTable& table, ColumnPlaces& places) {
  std::vector<std::string> names;
  for (const ForeignColumn& one : table.columns) names.push_back(one.name);
  const std::vector<data::ColumnKey> keys = data::keys_of(names);
  std::vector<std::size_t> by_key(table.columns.size());
  std::iota(by_key.begin(), by_key.end(), 0U);
  std::ranges::stable_sort(by_key, {}, [&](std::size_t i) { return keys[i].key; });
  places.columns.assign(table.columns.size(), 0);
  places.codes.assign(table.columns.size(), {});
  std::vector<data::Column> out;
  for (const std::size_t place : by_key) {
    const ForeignColumn& foreign = table.columns[place];
    places.columns[place] = out.size();
    data::Column& column = out.emplace_back();
    column.name = foreign.name;
    column.key = keys[place].key;
    column.exact = keys[place].exact;
    column.optional = true;
    column.kind = foreign.category ? data::ColumnKind::category : data::ColumnKind::number;
    std::vector<data::Category> spellings;
    std::set<std::string_view> different;
    for (const std::string& value : foreign.values) {
      require(different.insert(trimmed(value)).second,
              "column '" + shown(foreign.name) +
                  "' has two values that differ only in blanks at their ends ('" + shown(value) +
                  "')");
      spellings.push_back({.spelling = value, .variants = {value}});
    }
    column.categories = data::categories_of_spellings(std::move(spellings));
    std::map<std::string_view, std::size_t> codes;
    for (std::size_t k = 0; k < column.categories.size(); ++k) {
      codes.emplace(column.categories[k].spelling, k);
    }
    for (const std::string& value : foreign.values) places.codes[place].push_back(codes.at(value));
  }
  return out;
}

model::LinearModel linear_model(const ForeignTable& table, const ColumnPlaces& at,
                                const model::FeatureLayout& layout,
                                const std::vector<std::vector<double>>& weights,
                                const std::vector<double>& bias) {
  using Kind = model::FeatureBlock::Kind;
  const auto places = places_of(layout);
  model::LinearModel out;
  // The numbers of the layout, in its order: their place among `offset` and `scale`.
  std::map<std::size_t, std::size_t> number_places;
  for (const model::FeatureBlock& block : layout.blocks) {
    if (block.kind == Kind::number) number_places.emplace(block.column, number_places.size());
  }
  out.imputed.assign(layout.numbers, 0);
  out.offset.assign(layout.numbers, 0);
  out.scale.assign(layout.numbers, 1);
  // A scaler's centre stays in the scaling: folded into the bias, it would cost digits.
  std::vector<double> centre(table.columns.size(), 0);
  for (const ForeignFeature& feature : table.features) {
    if (table.columns[feature.column].category || feature.steps.empty()) continue;
    const auto [slope, offset] = affine(feature);
    if (slope != 0) centre[feature.column] = static_cast<double>(finite(-offset / slope));
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto place = number_places.find(at.columns[i]);
    if (place != number_places.end()) out.offset[place->second] = finite(centre[i]);
  }
  for (std::size_t row = 0; row < weights.size(); ++row) {
    std::vector<double> sums(layout.size, 0);
    double constant = bias[row];
    for (std::size_t i = 0; i < table.features.size(); ++i) {
      const ForeignFeature& feature = table.features[i];
      const std::size_t column = at.columns[feature.column];
      const double weight = weights[row][i];
      require(std::isfinite(weight), "a weight is not a finite number");
      if (table.columns[feature.column].category) {
        const std::vector<std::size_t>& codes = at.codes[feature.column];
        const std::size_t first = places.at({Kind::one_hot, column});
        const double unseen = feature.scaled(feature.unseen);
        constant += weight * unseen;
        for (const auto& [value, x] : feature.by_value) {
          sums[first + codes[value]] += weight * (feature.scaled(x) - unseen);
        }
        sums[first + codes.size()] += weight * (feature.scaled(feature.missing) - unseen);
      } else {
        const auto [slope, offset] = affine(feature);
        const double at_centre = feature.scaled(centre[feature.column]);
        sums[places.at({Kind::number, column})] += weight * slope;
        constant += weight * at_centre;
        const auto flag = places.find({Kind::missing_flag, column});
        if (flag == places.end()) continue;  // it may not be missing
        // A missing number is imputed as 0 and then centred: the flag adds the difference.
        const double imputed = slope * (0 - centre[feature.column]) + at_centre;
        sums[flag->second] += weight * (feature.scaled(feature.if_missing) - imputed);
      }
    }
    auto& floats = out.weights.emplace_back();
    for (const double sum : sums) floats.push_back(finite(sum));
    out.bias.push_back(finite(constant));
  }
  return out;
}

namespace {

/// Copies a foreign tree node by node, parents before children.
class TreeWriter {
 public:
  TreeWriter(const ForeignTable& table, const ColumnPlaces& at, const model::FeatureLayout& layout,
             const ForeignTree& tree, Comparison comparison, std::size_t most_nodes)
      : table_(table),
        at_(at),
        places_(places_of(layout)),
        tree_(tree),
        comparison_(comparison),
        most_nodes_(most_nodes) {}

  model::Tree write() {
    waiting_.push_back({0, make(), 0});
    while (!waiting_.empty()) {
      const Task task = waiting_.back();
      waiting_.pop_back();
      write(task);
    }
    return std::move(out_);
  }

 private:
  struct Task {
    std::int64_t from;   ///< the foreign node
    std::int32_t to;     ///< where it is written
    std::size_t levels;  ///< foreign nodes above it
  };

  std::int32_t make() {
    require(out_.nodes.size() < most_nodes_, "its trees are too large");
    out_.nodes.emplace_back();
    return static_cast<std::int32_t>(out_.nodes.size() - 1);
  }
  model::Tree::Node& at(std::int32_t place) { return out_.nodes[static_cast<std::size_t>(place)]; }

  void write(const Task& task) {
    require(task.from >= 0 && task.from < static_cast<std::int64_t>(tree_.nodes.size()) &&
                task.levels <= tree_.nodes.size(),
            "a tree is not a tree");
    const ForeignTree::Node& node = tree_.nodes[static_cast<std::size_t>(task.from)];
    at(task.to).cover = static_cast<float>(node.cover);
    if (node.feature < 0) {
      at(task.to).value = finite(node.value);
      return;
    }
    require(static_cast<std::size_t>(node.feature) < table_.features.size(),
            "a tree compares a feature that does not exist");
    require(!std::isnan(node.threshold), "a threshold is not a number");
    const ForeignFeature& feature = table_.features[static_cast<std::size_t>(node.feature)];
    if (table_.columns[feature.column].category) {
      write_category(task, node, feature);
    } else {
      write_number(task, node, feature);
    }
  }

  /// Whether a value of a feature goes left.
  bool goes_left(const ForeignTree::Node& node, double x) const {
    if (std::isnan(x)) return node.missing_left;
    const auto as_float = static_cast<float>(x);
    return comparison_ == Comparison::less ? as_float < static_cast<float>(node.threshold)
                                           : static_cast<double>(as_float) <= node.threshold;
  }

  void write_number(const Task& task, const ForeignTree::Node& node,
                    const ForeignFeature& feature) {
    const bool falls = feature.scaled(1e6) < feature.scaled(-1e6);
    const auto left = [&](float x) {
      return goes_left(node, feature.scaled(static_cast<double>(x)));
    };
    const float border = falls ? first_not([&](float x) { return !left(x); }) : first_not(left);
    const bool missing = goes_left(node, feature.scaled(feature.if_missing));
    const auto [low, high] =
        falls ? std::pair(node.right, node.left) : std::pair(node.left, node.right);
    model::Tree::Node& out = at(task.to);
    out.feature = static_cast<std::int32_t>(
        places_.at({model::FeatureBlock::Kind::number, at_.columns[feature.column]}));
    out.value = border;
    out.missing_left = falls ? !missing : missing;
    const std::int32_t to_low = make(), to_high = make();
    at(task.to).left = to_low;
    at(task.to).right = to_high;
    waiting_.push_back({high, to_high, task.levels + 1});
    waiting_.push_back({low, to_low, task.levels + 1});
  }

  /// A chain of questions for the values that do not go where unseen ones go.
  void write_category(const Task& task, const ForeignTree::Node& node,
                      const ForeignFeature& feature) {
    const std::vector<std::size_t>& codes = at_.codes[feature.column];
    const std::size_t first =
        places_.at({model::FeatureBlock::Kind::one_hot, at_.columns[feature.column]});
    const bool usual = goes_left(node, feature.scaled(feature.unseen));
    std::vector<std::int32_t> others;  // features of the layout
    const auto look = [&](std::size_t code, double x) {
      if (goes_left(node, feature.scaled(x)) == usual) return;
      others.push_back(static_cast<std::int32_t>(first + code));
    };
    for (const auto& [value, x] : feature.by_value) look(codes[value], x);
    look(codes.size(), feature.missing);
    const std::int64_t with_unseen = usual ? node.left : node.right;
    const std::int64_t without = usual ? node.right : node.left;
    std::int32_t to = task.to;
    for (const std::int32_t other : others) {
      at(to).feature = other;
      at(to).value = 0.5F;
      at(to).cover = static_cast<float>(node.cover);
      const std::int32_t no = make(), yes = make();
      at(to).left = no;
      at(to).right = yes;
      waiting_.push_back({without, yes, task.levels + 1});
      to = no;
    }
    waiting_.push_back({with_unseen, to, task.levels + 1});
  }

  const ForeignTable& table_;
  const ColumnPlaces& at_;
  std::map<std::pair<model::FeatureBlock::Kind, std::size_t>, std::size_t> places_;
  const ForeignTree& tree_;
  Comparison comparison_;
  std::size_t most_nodes_;
  model::Tree out_;
  std::vector<Task> waiting_;
};

}  // namespace

model::Tree tree_on_layout(const ForeignTable& table, const ColumnPlaces& places,
                           const model::FeatureLayout& layout, const ForeignTree& tree,
                           Comparison comparison, std::size_t most_nodes) {
  require(!tree.nodes.empty(), "a tree has no nodes");
  return TreeWriter(table, places, layout, tree, comparison, most_nodes).write();
}

}  // namespace vitrine::interop
