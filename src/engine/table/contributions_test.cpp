// Compares the contributions of trees with the definition of Shapley values (all subsets), and
// those of linear models with values computed by hand.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "engine/table/compiled_linear.h"
#include "engine/table/node_trees.h"
#include "engine/table/tree_contributions.h"

namespace vitrine::engine {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Numbers x0, x1, ... and a category column with two categories and missing values.
data::TableSchema schema_of(std::size_t numbers) {
  data::TableSchema schema;
  for (std::size_t i = 0; i < numbers; ++i) {
    data::Column column;
    column.name = column.key = "x" + std::to_string(i);
    column.optional = true;
    column.missing_share = 0.25;
    column.mean = 1.5;
    schema.columns.push_back(column);
  }
  data::Column kind;
  kind.name = kind.key = "kind";
  kind.kind = data::ColumnKind::category;
  kind.optional = true;
  kind.missing_share = 0.2;
  kind.categories = {{"a", "a", {}, 30}, {"b", "b", {}, 10}};
  schema.columns.push_back(kind);
  schema.target.classes = {{"no", "no", {}, 1}, {"yes", "yes", {}, 1}};
  return schema;
}

data::Table rows_of(Random& random, const data::TableSchema& schema, std::size_t rows) {
  data::Table table;
  table.rows = rows;
  for (const data::Column& column : schema.columns) {
    data::ColumnData& data = table.columns.emplace_back();
    if (column.kind == data::ColumnKind::category) data.values = data::Codes{};
    for (std::size_t row = 0; row < rows; ++row) {
      if (column.kind == data::ColumnKind::number) {
        data.numbers().push_back(random.bernoulli(0.2) ? kNaN
                                                       : static_cast<float>(random.below(8)));
      } else {
        const std::uint32_t codes[] = {0, 1, data::kMissingCode, data::kUnseenCode};
        data.codes().push_back(codes[random.below(4)]);
      }
    }
  }
  return table;
}

/// A random tree with covers; a feature may occur several times on a path. Returns its cover.
float grow(Random& random, model::Tree& tree, std::size_t features, int depth) {
  const std::size_t at = tree.nodes.size();
  tree.nodes.emplace_back();
  if (depth == 0 || (at > 0 && random.bernoulli(0.2))) {
    tree.nodes[at].value = static_cast<float>(random.normal());
    return tree.nodes[at].cover = static_cast<float>(1 + random.below(50));
  }
  tree.nodes[at].feature = static_cast<std::int32_t>(random.below(features));
  tree.nodes[at].value = static_cast<float>(random.below(8)) + 0.5F;
  // The first three features are one-hot.
  if (tree.nodes[at].feature < 3) tree.nodes[at].value = 0.5F;
  tree.nodes[at].missing_left = random.bernoulli(0.5);
  tree.nodes[at].left = static_cast<std::int32_t>(tree.nodes.size());
  float cover = grow(random, tree, features, depth - 1);
  tree.nodes[at].right = static_cast<std::int32_t>(tree.nodes.size());
  cover += grow(random, tree, features, depth - 1);
  return tree.nodes[at].cover = cover;
}

/// The features of a row.
std::vector<float> features_of(const data::Table& table, const model::FeatureLayout& layout,
                               std::size_t row) {
  std::vector<float> out(layout.size, 0);
  for (const model::FeatureBlock& block : layout.blocks) {
    const data::ColumnData& column = table.columns[block.column];
    if (block.kind == model::FeatureBlock::Kind::number) {
      out[block.first] = column.numbers()[row];
    } else if (column.codes()[row] < 2) {
      out[block.first + column.codes()[row]] = 1;
    } else if (column.codes()[row] == data::kMissingCode) {
      out[block.first + 2] = 1;
    }
  }
  return out;
}

/// The expected value of the tree if only the features in `known` are known; at the others both
/// branches are averaged by their covers.
double expected(const model::Tree& tree, std::size_t at, const std::vector<float>& x,
                unsigned known) {
  const model::Tree::Node& node = tree.nodes[at];
  if (node.feature < 0) return node.value;
  const auto left = static_cast<std::size_t>(node.left);
  const auto right = static_cast<std::size_t>(node.right);
  if ((known >> node.feature & 1) != 0) {
    const float value = x[static_cast<std::size_t>(node.feature)];
    const bool goes = std::isnan(value) ? node.missing_left : value < node.value;
    return expected(tree, goes ? left : right, x, known);
  }
  return (expected(tree, left, x, known) * tree.nodes[left].cover +
          expected(tree, right, x, known) * tree.nodes[right].cover) /
         node.cover;
}

/// Shapley values of the features by all their subsets.
std::vector<double> shapley(const model::Tree& tree, const std::vector<float>& x) {
  const std::size_t count = x.size();
  std::vector<double> factorial{1};
  for (std::size_t i = 1; i <= count; ++i)
    factorial.push_back(factorial.back() * static_cast<double>(i));
  std::vector<double> out(count, 0);
  for (unsigned set = 0; set < (1U << count); ++set) {
    const auto size = static_cast<std::size_t>(std::popcount(set));
    const double without = expected(tree, 0, x, set);
    for (std::size_t i = 0; i < count; ++i) {
      if ((set >> i & 1) != 0) continue;
      out[i] += factorial[size] * factorial[count - size - 1] / factorial[count] *
                (expected(tree, 0, x, set | 1U << i) - without);
    }
  }
  return out;
}

TEST(TreeContributions, match_the_definition_of_shapley_values) {
  Random random(5);
  const data::TableSchema schema = schema_of(4);
  const model::FeatureLayout layout = model::lay_out_features(schema, false);
  for (int turn = 0; turn < 12; ++turn) {
    model::TreeEnsemble ensemble;
    ensemble.base = {0.25F};
    for (int t = 0; t < 3; ++t)
      grow(random, ensemble.trees.emplace_back(), layout.size, 1 + turn % 6);
    const auto made = TreeContributions::of(ensemble, schema, layout);
    ASSERT_TRUE(made.has_value());
    const data::Table table = rows_of(random, schema, 21);
    std::vector<double> got(21 * schema.columns.size(), 0);
    made->add(table, 0, 16, got.data());
    made->add(table, 16, 5, &got[16 * schema.columns.size()]);
    for (std::size_t row = 0; row < table.rows; ++row) {
      const auto x = features_of(table, layout, row);
      std::vector<double> wanted(schema.columns.size(), 0);
      for (const model::Tree& tree : ensemble.trees) {
        const auto of_features = shapley(tree, x);
        for (const model::FeatureBlock& block : layout.blocks) {
          for (std::size_t i = 0; i < block.size; ++i) {
            wanted[block.column] += of_features[block.first + i];
          }
        }
      }
      for (std::size_t c = 0; c < wanted.size(); ++c) {
        ASSERT_NEAR(got[row * wanted.size() + c], wanted[c], 2e-5)
            << "row " << row << " column " << c;
      }
    }
  }
}

TEST(TreeContributions, add_up_to_the_margin) {
  Random random(6);
  const data::TableSchema schema = schema_of(9);
  const model::FeatureLayout layout = model::lay_out_features(schema, false);
  for (const std::size_t targets : {1, 3}) {
    model::TreeEnsemble ensemble;
    ensemble.base.assign(targets, 0.5F);
    for (int t = 0; t < 30; ++t) grow(random, ensemble.trees.emplace_back(), layout.size, 8);
    const NodeTrees compiled(ensemble, schema, layout);
    const auto made = TreeContributions::of(ensemble, schema, layout);
    ASSERT_TRUE(made);
    const data::Table table = rows_of(random, schema, 16);
    std::vector<double> margins(16 * targets);
    compiled.margins(table, 0, 16, margins.data());
    const std::size_t columns = schema.columns.size();
    std::vector<double> got(16 * targets * columns, 0);
    made->add(table, 0, 16, got.data());
    for (std::size_t i = 0; i < margins.size(); ++i) {
      double sum = made->base()[i % targets];
      for (std::size_t c = 0; c < columns; ++c) sum += got[i * columns + c];
      EXPECT_NEAR(sum, margins[i], 1e-4);
    }
  }
}

TEST(TreeContributions, trees_without_valid_covers_have_no_contributions) {
  Random random(7);
  const data::TableSchema schema = schema_of(2);
  const model::FeatureLayout layout = model::lay_out_features(schema, false);
  for (const float cover : {0.0F, -1.0F, kNaN, std::numeric_limits<float>::infinity()}) {
    model::TreeEnsemble ensemble;
    ensemble.base = {0};
    grow(random, ensemble.trees.emplace_back(), layout.size, 3);
    ensemble.trees[0].nodes.back().cover = cover;
    EXPECT_FALSE(TreeContributions::of(ensemble, schema, layout).has_value());
  }
}

TEST(LinearContributions, are_differences_from_the_mean_and_add_up_to_the_margin) {
  Random random(8);
  const data::TableSchema schema = schema_of(2);
  const model::FeatureLayout layout = model::lay_out_features(schema, true);
  model::LinearModel model;
  model.weights.resize(1);
  for (std::size_t i = 0; i < layout.size; ++i)
    model.weights[0].push_back(static_cast<float>(random.normal()));
  model.bias = {0.3F};
  model.imputed = {1, 2};
  model.offset = {1.5F, 1.5F};
  model.scale = {0.5F, 2};
  const CompiledLinear compiled(model, schema, layout);
  const data::Table table = rows_of(random, schema, 40);
  std::vector<double> margins(40);
  compiled.margins(table, 0, 40, margins.data());
  std::vector<double> got(40 * 3, 7.0);
  compiled.contributions(table, 0, 40, got.data());
  for (std::size_t row = 0; row < 40; ++row) {
    EXPECT_NEAR(compiled.base()[0] + got[3 * row] + got[3 * row + 1] + got[3 * row + 2],
                margins[row], 1e-9);
  }
  // By the counts of the schema, the category is missing in 0.2 of the rows, else 3/4 a and 1/4 b.
  const auto& w = model.weights[0];
  const double mean = 0.8 * (0.75 * w[0] + 0.25 * w[1]) + 0.2 * w[2];
  for (std::size_t row = 0; row < 40; ++row) {
    const auto code = table.columns[2].codes()[row];
    const double own = code == data::kMissingCode  ? w[2]
                       : code == data::kUnseenCode ? 0
                                                   : double{w[code]};
    EXPECT_NEAR(got[3 * row + 2], own - mean, 1e-6);
  }
}

}  // namespace
}  // namespace vitrine::engine
