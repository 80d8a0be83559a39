// Compares imported trees with the foreign ones, walked as their libraries walk them, on random
// trees and rows.
#include "interop/foreign_model.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "data/table/cell.h"
#include "engine/predictor.h"
#include "model/model_file.h"
#include "model/table_graph.h"

namespace vitrine::interop {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Two numbers behind scalers, one of them falling, and a category with codes.
ForeignTable random_table(Random& random, double far) {
  ForeignTable table;
  table.columns = {{.name = "size"},
                   {.name = "price"},
                   {.name = "kind", .category = true, .values = {"a", "b", "B", "d"}}};
  const auto missing = [&] { return random.bernoulli(0.5) ? kNaN : 3.0; };
  table.features.push_back({.column = 0,
                            .steps = {{.add = -3.7 - far, .times = 1.9, .divides = true}},
                            .if_missing = missing(),
                            .zero_is_missing = random.bernoulli(0.5)});
  table.features.push_back({.column = 1,
                            .steps = {{.add = 0.1, .times = -0.31, .times_first = true}},
                            .if_missing = missing()});
  table.features.push_back({.column = 2,
                            .by_value = {{0, 0}, {1, 1}, {2, 2}, {3, 3}},
                            .unseen = -1,
                            .missing = random.bernoulli(0.5) ? kNaN : -2});
  table.features.push_back({.column = 0, .if_missing = missing(), .zero_is_missing = true});
  return table;
}

/// Numbers with few digits, as in tables, in quarters from 0 to 10.
double random_number(Random& random) { return static_cast<double>(random.below(41)) / 4; }

void grow(Random& random, ForeignTree& tree, const ForeignTable& table, double far, int depth) {
  const std::size_t at = tree.nodes.size();
  tree.nodes.emplace_back();
  if (depth == 0 || random.bernoulli(0.1)) {
    tree.nodes[at].value = random.normal();
    return;
  }
  const std::size_t feature = random.below(table.features.size());
  tree.nodes[at].feature = static_cast<std::int64_t>(feature);
  // Thresholds are values of the training table, as XGBoost's are.
  tree.nodes[at].threshold = static_cast<double>(static_cast<float>(
      feature == 2 ? static_cast<double>(random.below(6)) - 1.5
                   : table.features[feature].scaled(
                         random_number(random) + (table.features[feature].column == 0 ? far : 0))));
  tree.nodes[at].missing_left = random.bernoulli(0.5);
  tree.nodes[at].left = static_cast<std::int64_t>(tree.nodes.size());
  grow(random, tree, table, far, depth - 1);
  tree.nodes[at].right = static_cast<std::int64_t>(tree.nodes.size());
  grow(random, tree, table, far, depth - 1);
}

struct Row {
  double numbers[2];
  int kind;  ///< an index of the values; -1: unseen, -2: missing
};

/// The leaf's value, as the library finds it.
double leaf_of(const ForeignTree& tree, const ForeignTable& table, const Row& row,
               Comparison comparison) {
  std::size_t at = 0;
  while (tree.nodes[at].feature >= 0) {
    const ForeignTree::Node& node = tree.nodes[at];
    const ForeignFeature& feature = table.features[static_cast<std::size_t>(node.feature)];
    double x = 0;
    if (feature.column == 2) {
      x = row.kind >= 0    ? feature.scaled(row.kind)
          : row.kind == -1 ? feature.scaled(feature.unseen)
                           : feature.of_missing(true);
    } else {
      const double number = row.numbers[feature.column];
      x = std::isnan(number) ? feature.of_missing(false) : feature.scaled(number);
    }
    if (feature.zero_is_missing && x == 0) x = kNaN;
    const bool left = std::isnan(x) ? node.missing_left
                      : comparison == Comparison::less
                          ? static_cast<float>(x) < static_cast<float>(node.threshold)
                      : comparison == Comparison::less_or_equal
                          ? static_cast<double>(static_cast<float>(x)) <= node.threshold
                          : x <= node.threshold;
    at = static_cast<std::size_t>(left ? node.left : node.right);
  }
  return tree.nodes[at].value;
}

model::ModelFile file_of(ImportedModel made) {
  return model::parse_model(model::serialise_model(take_graph(made), made.card), "m");
}

TEST(ForeignModel, rows_reach_the_leaves_of_the_library) {
  Random random(7);
  for (int round = 0; round < 40; ++round) {
    // Far from 0, where floats have no quarters.
    const double far = round % 3 == 0 ? 1e7 : 0;
    const ForeignTable table = random_table(random, far);
    const Comparison comparison = std::array{Comparison::less, Comparison::less_or_equal,
                                             Comparison::less_or_equal_in_double}[random.below(3)];
    ForeignTrees trees{.base = {0.25}, .comparison = comparison};
    for (int i = 0; i < 3; ++i) {
      grow(random, trees.trees.emplace_back().tree, table, far, 5);
    }
    const ForeignModel foreign{
        .classes = {"no", "yes"}, .predictor = trees, .algorithm = "trees", .from = "a test"};
    const model::ModelFile file = file_of(imported(table, foreign, {.target = "y"}, "m"));
    const data::TableSchema& schema = file.card->schema;
    std::vector<Row> all;
    for (int i = 0; i < 300; ++i) {
      const auto number = [&] { return random.bernoulli(0.1) ? kNaN : random_number(random); };
      all.push_back({{number() + far, number()}, static_cast<int>(random.below(6)) - 2});
    }
    data::Table input = data::missing_rows(schema, all.size());
    const auto place = [&](std::string_view key) {
      return static_cast<std::size_t>(schema.find(key) - schema.columns.data());
    };
    const std::vector<std::string> spellings{"a", "b", "B", "d"};
    const data::Column& kind = schema.columns[place("kind")];
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const std::string_view key : {"size", "price"}) {
        const data::Column& column = schema.columns[place(key)];
        input.columns[place(key)].numbers()[i] =
            column.feature_of(all[i].numbers[key == "size" ? 0 : 1]);
      }
      std::uint32_t code = all[i].kind == -2 ? data::kMissingCode : data::kUnseenCode;
      for (std::uint32_t k = 0; k < kind.categories.size() && all[i].kind >= 0; ++k) {
        const auto& wanted = spellings[static_cast<std::size_t>(all[i].kind)];
        if (kind.categories[k].spelling == wanted) code = k;
      }
      input.columns[place("kind")].codes()[i] = code;
    }
    const auto answers = engine::open_predictor(file)->predict(input);
    for (std::size_t i = 0; i < all.size(); ++i) {
      double margin = 0.25;
      for (const auto& one : trees.trees) margin += leaf_of(one.tree, table, all[i], comparison);
      ASSERT_NEAR(answers.probabilities[2 * i + 1], 1 / (1 + std::exp(-margin)), 1e-6)
          << round << ", " << i;
    }
  }
}

TEST(ForeignModel, broken_trees_are_errors) {
  ForeignTable table;
  table.columns = {{.name = "x"}};
  table.features = {{.column = 0}};
  const auto import = [&](const ForeignTree& tree) {
    ForeignTrees trees{.trees = {{tree, 0}}, .base = {0}};
    (void)imported(table, {.classes = {"0", "1"}, .predictor = trees}, {}, "m");
  };
  const auto node = [](std::int64_t feature, double threshold, std::int64_t left,
                       std::int64_t right) {
    return ForeignTree::Node{
        .feature = feature, .threshold = threshold, .left = left, .right = right};
  };
  ForeignTree leaf;
  leaf.nodes.emplace_back();
  EXPECT_NO_THROW(import(leaf));
  EXPECT_THROW(import({}), Error);
  EXPECT_THROW(import({{node(0, 1, 0, 0)}}), Error) << "a cycle";
  EXPECT_THROW(import({{node(0, 1, 1, 2)}}), Error) << "children beyond the end";
  EXPECT_THROW(import({{node(7, 1, 1, 2), {}, {}}}), Error) << "a feature that does not exist";
  EXPECT_THROW(import({{node(0, kNaN, 1, 2), {}, {}}}), Error) << "a threshold that is none";
  // Two nodes that are each other's children would grow without end.
  EXPECT_THROW(import({{node(0, 1, 1, 1), node(0, 2, 0, 0)}}), Error);
  EXPECT_THROW(import({{node(0, 1, 1, 1), {}}}), Error) << "a node with two parents";
}

}  // namespace
}  // namespace vitrine::interop
