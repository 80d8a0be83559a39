#include "interop/foreign_features.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::interop {
namespace {

void require(bool condition, const std::string& what) {
  if (!condition) throw std::invalid_argument(what);
}

/// As a float. Throws if it is none.
float finite(double x) {
  const auto out = static_cast<float>(x);
  require(std::isfinite(out), "a weight is not a finite number");
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

// Doubles in their order as whole numbers, so that a border can be searched by halving.
std::int64_t rank_of(double x) {
  const auto bits = std::bit_cast<std::int64_t>(x);
  return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
}
double double_of(std::int64_t rank) {
  return std::bit_cast<double>(rank >= 0 ? rank : std::numeric_limits<std::int64_t>::min() - rank);
}

/// The smallest number at which `left` is no longer true, for a predicate that is true up to some
/// number and false from there on; infinity if it is true for all finite floats.
template <typename Left>
double first_not(const Left& left) {
  constexpr double kMost = std::numeric_limits<float>::max();
  if (!left(-kMost)) return -std::numeric_limits<double>::infinity();
  if (left(kMost)) return std::numeric_limits<double>::infinity();
  std::int64_t low = rank_of(-kMost), high = rank_of(kMost);  // left(low), not left(high)
  while (low + 1 < high) {
    const std::int64_t middle = std::midpoint(low, high);
    (left(double_of(middle)) ? low : high) = middle;
  }
  return double_of(high);
}

/// A number of the table as the layout's feature.
float in_layout(double x, double origin) { return static_cast<float>(x - origin); }

/// The number with the fewest digits that becomes the feature `x`: what a table most likely has.
double likely_number(float x, double origin) {
  constexpr int kMostDigits = 17;
  const double exactly = origin + static_cast<double>(x);
  for (int digits = 1; digits < kMostDigits; ++digits) {
    char text[32];
    const auto written =
        std::to_chars(text, std::end(text), exactly, std::chars_format::general, digits);
    double out = 0;
    std::from_chars(text, written.ptr, out);
    if (in_layout(out, origin) == x) return out;
  }
  return exactly;
}

/// The border for floats: a table has doubles, and Vitrine computes with floats, of which one may
/// stand for numbers on both sides of `first_high`. It goes where the number goes that it most
/// likely stands for.
template <typename Low>
float float_border(double first_high, double origin, const Low& goes_low) {
  const float border = in_layout(first_high, origin);
  if (!std::isfinite(first_high)) return border;
  const bool stands_for_both = border == in_layout(std::nextafter(first_high, -INFINITY), origin);
  return stands_for_both && goes_low(likely_number(border, origin))
             ? std::nextafter(border, INFINITY)
             : border;
}

}  // namespace

BlockPlaces places_of(const model::FeatureLayout& layout) {
  BlockPlaces out;
  for (const model::FeatureBlock& block : layout.blocks) {
    out[{block.kind, block.column}] = block.first;
  }
  return out;
}

std::optional<Scaling> scaling_of(const ForeignFeature& feature) {
  if (feature.steps.empty()) return std::nullopt;
  const auto [slope, offset] = affine(feature);
  if (slope == 0 || !std::isfinite(slope)) return std::nullopt;
  return Scaling{static_cast<double>(finite(-offset / slope)), std::abs(1 / slope)};
}

ForeignTable columns_of_numbers(const std::vector<std::string>& names) {
  ForeignTable out;
  for (const std::string& name : names) {
    out.features.push_back(
        {.column = out.columns.size(), .if_missing = std::numeric_limits<double>::quiet_NaN()});
    out.columns.push_back({.name = name});
  }
  return out;
}

double ScalingStep::of(double x) const {
  if (divides) return (x + add) / times;
  return times_first ? x * times + add : (x + add) * times;
}

double ForeignFeature::scaled(double x) const {
  for (const ScalingStep& step : steps) x = step.of(x);
  return x;
}

double ForeignFeature::of_missing(bool category) const {
  double x = category ? missing : if_missing;
  for (std::size_t i = missing_from; i < steps.size(); ++i) x = steps[i].of(x);
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
    column.origin = foreign.origin;
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
    if (table.columns[feature.column].category) continue;
    if (const auto scaling = scaling_of(feature)) centre[feature.column] = scaling->centre;
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto place = number_places.find(at.columns[i]);
    if (table.columns[i].origin) {
      centre[i] = *table.columns[i].origin;
    } else if (place != number_places.end()) {
      out.offset[place->second] = finite(centre[i]);
    }
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
        sums[first + codes.size()] += weight * (feature.of_missing(true) - unseen);
      } else {
        const auto [slope, offset] = affine(feature);
        const double at_centre = feature.scaled(centre[feature.column]);
        sums[places.at({Kind::number, column})] += weight * slope;
        constant += weight * at_centre;
        const auto flag = places.find({Kind::missing_flag, column});
        if (flag == places.end()) continue;  // it may not be missing
        // A missing number is imputed as 0 and then centred: the flag adds the difference.
        const bool centred = !table.columns[feature.column].origin;
        const double imputed = slope * (centred ? -centre[feature.column] : 0) + at_centre;
        sums[flag->second] += weight * (feature.of_missing(false) - imputed);
      }
    }
    for (const double sum : sums) finite(sum);
    finite(constant);
    out.weights.push_back(std::move(sums));
    out.bias.push_back(constant);
  }
  return out;
}

namespace {

/// Copies a foreign tree node by node, parents before children.
class TreeWriter {
 public:
  TreeWriter(const ForeignTable& table, const ColumnPlaces& at, const BlockPlaces& blocks,
             const ForeignTree& tree, Comparison comparison, std::size_t most_nodes)
      : table_(table),
        at_(at),
        blocks_(blocks),
        tree_(tree),
        comparison_(comparison),
        most_nodes_(most_nodes) {}

  model::Tree write() {
    require_tree();
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

  /// Each node but the root has one parent at most, so nothing is copied without end.
  void require_tree() const {
    std::vector<bool> has_parent(tree_.nodes.size(), false);
    has_parent[0] = true;
    for (const ForeignTree::Node& node : tree_.nodes) {
      if (node.feature < 0) continue;
      for (const std::int64_t child : {node.left, node.right}) {
        require(child > 0 && child < static_cast<std::int64_t>(has_parent.size()) &&
                    !has_parent[static_cast<std::size_t>(child)],
                "a tree is not a tree");
        has_parent[static_cast<std::size_t>(child)] = true;
      }
    }
  }

  std::int32_t make() {
    require(out_.nodes.size() < most_nodes_, "its trees are too large");
    out_.nodes.emplace_back();
    return static_cast<std::int32_t>(out_.nodes.size() - 1);
  }
  model::Tree::Node& at(std::int32_t place) { return out_.nodes[static_cast<std::size_t>(place)]; }

  void write(const Task& task) {
    require(task.levels <= kMostLevels, "a tree has too many levels");
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
    switch (comparison_) {
      case Comparison::less:
        return as_float < static_cast<float>(node.threshold);
      case Comparison::less_or_equal:
        return static_cast<double>(as_float) <= node.threshold;
      case Comparison::less_or_equal_in_double:
        return x <= node.threshold;
    }
    unknown_kind("comparison", comparison_);
  }

  /// What a feature is to the model.
  static double seen(const ForeignFeature& feature, double x) {
    return feature.zero_is_missing && x == 0 ? std::numeric_limits<double>::quiet_NaN() : x;
  }

  /// The place of a column of numbers among the layout's features.
  std::int32_t number_place(const ForeignFeature& feature) const {
    return static_cast<std::int32_t>(
        blocks_.at({model::FeatureBlock::Kind::number, at_.columns[feature.column]}));
  }

  /// Makes `to` a node that compares a number; returns its new children.
  std::pair<std::int32_t, std::int32_t> ask(std::int32_t to, const ForeignFeature& feature,
                                            float threshold, bool missing_left, double cover) {
    const std::int32_t left = make(), right = make();
    at(to) = {.feature = number_place(feature),
              .value = threshold,
              .left = left,
              .right = right,
              .missing_left = missing_left,
              .cover = static_cast<float>(cover)};
    return {left, right};
  }

  void write_number(const Task& task, const ForeignTree::Node& node,
                    const ForeignFeature& feature) {
    const bool falls = feature.scaled(1e6) < feature.scaled(-1e6);
    const auto goes_low = [&](double x) { return goes_left(node, feature.scaled(x)) != falls; };
    const auto [low, high] =
        falls ? std::pair(node.right, node.left) : std::pair(node.left, node.right);
    // A threshold of XGBoost is a number of the training table that goes high: rounded to a float,
    // it still does. One of scikit-learn lies between two numbers.
    const double first_high = first_not(goes_low);
    const double origin = table_.columns[feature.column].origin.value_or(0);
    const float border = comparison_ == Comparison::less && !falls && origin == 0
                             ? in_layout(first_high, origin)
                             : float_border(first_high, origin, goes_low);
    const bool missing_low = goes_left(node, seen(feature, feature.of_missing(false))) != falls;
    const Sides sides{low, high, border, missing_low, node.missing_left != falls};
    if (feature.zero_is_missing && write_around_zero(task, node, feature, falls, sides)) return;
    const auto [to_low, to_high] = ask(task.to, feature, border, missing_low, node.cover);
    waiting_.push_back({high, to_high, task.levels + 1});
    waiting_.push_back({low, to_low, task.levels + 1});
  }

  /// The two sides of a comparison of numbers.
  struct Sides {
    std::int64_t low, high;  ///< foreign nodes
    float border;            ///< the first number that goes high
    bool missing_low;        ///< where a missing number of the table goes
    bool zero_low;           ///< where a feature of 0 goes that is missing to the model
  };

  /// If the numbers whose feature is 0 go elsewhere than their neighbours, writes three questions;
  /// else returns false.
  bool write_around_zero(const Task& task, const ForeignTree::Node& node,
                         const ForeignFeature& feature, bool falls, const Sides& sides) {
    const double sign = falls ? -1 : 1;
    const double first = first_not([&](double x) { return sign * feature.scaled(x) < 0; });
    const double after = first_not([&](double x) { return sign * feature.scaled(x) <= 0; });
    const float zero = in_layout(first, table_.columns[feature.column].origin.value_or(0));
    const float behind = first < after ? std::nextafter(zero, INFINITY) : zero;
    if (zero == behind || (zero < sides.border) == sides.zero_low) return false;
    // The border is on one side of the zero: low | high | low | high.
    const bool border_first = sides.border <= zero;
    const std::array<float, 3> thresholds = border_first ? std::array{sides.border, zero, behind}
                                                         : std::array{zero, behind, sides.border};
    std::int32_t to = task.to;
    for (std::size_t i = 0; i < thresholds.size(); ++i) {
      // A missing number that goes high leaves the first question to the right, then goes left.
      const bool missing_left = i > 0 || sides.missing_low;
      const auto [left, right] = ask(to, feature, thresholds[i], missing_left, node.cover);
      waiting_.push_back({i % 2 == 0 ? sides.low : sides.high, left, task.levels + 1});
      to = right;
    }
    waiting_.push_back({sides.high, to, task.levels + 1});
    return true;
  }

  /// A chain of questions for the values that do not go where unseen ones go.
  void write_category(const Task& task, const ForeignTree::Node& node,
                      const ForeignFeature& feature) {
    const std::vector<std::size_t>& codes = at_.codes[feature.column];
    const std::size_t first =
        blocks_.at({model::FeatureBlock::Kind::one_hot, at_.columns[feature.column]});
    const bool usual = goes_left(node, seen(feature, feature.scaled(feature.unseen)));
    std::vector<std::int32_t> others;  // features of the layout
    const auto look = [&](std::size_t code, double x) {
      if (goes_left(node, x) == usual) return;
      others.push_back(static_cast<std::int32_t>(first + code));
    };
    for (const auto& [value, x] : feature.by_value)
      look(codes[value], seen(feature, feature.scaled(x)));
    look(codes.size(), seen(feature, feature.of_missing(true)));
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

  static constexpr std::size_t kMostLevels = 2000;

  const ForeignTable& table_;
  const ColumnPlaces& at_;
  const BlockPlaces& blocks_;
  const ForeignTree& tree_;
  Comparison comparison_;
  std::size_t most_nodes_;
  model::Tree out_;
  std::vector<Task> waiting_;
};

}  // namespace

model::Tree tree_on_layout(const ForeignTable& table, const ColumnPlaces& places,
                           const BlockPlaces& blocks, const ForeignTree& tree,
                           Comparison comparison, std::size_t most_nodes) {
  require(!tree.nodes.empty(), "a tree has no nodes");
  return TreeWriter(table, places, blocks, tree, comparison, most_nodes).write();
}

}  // namespace vitrine::interop
