// Compares compiled table models with ONNX Runtime, on random schemas, models and rows.
#include "engine/table/compiled_table.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "engine/onnx_runtime.h"
#include "engine/table/compiled_trees.h"
#include "model/table_graph.h"

namespace vitrine::engine {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

data::TableSchema random_schema(Random& random, std::size_t numbers, std::size_t categories,
                                std::size_t classes) {
  data::TableSchema schema;
  const auto add = [&](data::ColumnKind kind) {
    data::Column column;
    column.name = column.key = "c" + std::to_string(schema.columns.size());
    column.kind = kind;
    column.optional = random.bernoulli(0.5);
    if (kind == data::ColumnKind::category) {
      const auto count = 1 + random.below(5);
      for (std::uint64_t i = 0; i < count; ++i) {
        column.categories.push_back({"v" + std::to_string(i), "v" + std::to_string(i), {}, 1});
      }
    } else if (random.bernoulli(0.2)) {
      column.missing_numbers = {-999};
      column.optional = true;
    }
    schema.columns.push_back(std::move(column));
  };
  for (std::size_t i = 0; i < numbers; ++i) add(data::ColumnKind::number);
  for (std::size_t i = 0; i < categories; ++i) add(data::ColumnKind::category);
  schema.target.name = schema.target.key = "y";
  for (std::size_t k = 0; k < classes; ++k) {
    schema.target.classes.push_back({"k" + std::to_string(k), "k" + std::to_string(k), {}, 1});
  }
  return schema;
}

/// Adds date columns, and makes the target a number.
void add_dates_and_number(Random& random, data::TableSchema& schema, data::Link link) {
  for (int i = 0; i < 2; ++i) {
    data::Column column;
    column.name = column.key = "d" + std::to_string(i);
    column.kind = data::ColumnKind::date;
    column.optional = random.bernoulli(0.5);
    column.origin = 19000;
    column.quantiles.assign(11, 19000);
    column.parts = {data::DatePart::days, data::DatePart::year,    data::DatePart::month,
                    data::DatePart::day,  data::DatePart::weekday, data::DatePart::hour};
    if (i == 1) column.since = {"d0"};
    schema.columns.push_back(std::move(column));
  }
  schema.target.classes.clear();
  data::NumberTarget number{.quantiles = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
  number.link = link;
  number.offset = 1.5;
  number.scale = 0.75;
  number.intervals = {{0.5, 0.6}, {0.9, 1.7}};
  schema.target.number = number;
}

data::Table random_table(Random& random, const data::TableSchema& schema, std::size_t rows) {
  data::Table table;
  table.rows = rows;
  for (const data::Column& column : schema.columns) {
    data::ColumnData& data = table.columns.emplace_back();
    if (column.kind == data::ColumnKind::category) data.values = data::Codes{};
    if (column.kind == data::ColumnKind::date) data.values = data::Days{};
    for (std::size_t row = 0; row < rows; ++row) {
      if (column.kind == data::ColumnKind::date) {
        // Quarters of an hour from 1850 to 2120.
        const double days = static_cast<double>(random.below(100'000 * 96)) / 96 - 44'000;
        const bool missing = column.optional && random.bernoulli(0.2);
        data.days().push_back(missing ? std::numeric_limits<double>::quiet_NaN() : days);
        continue;
      }
      if (column.kind == data::ColumnKind::number) {
        // Few different values, so that rows are equal to thresholds.
        float value = static_cast<float>(random.below(40)) / 8;
        if (column.optional && random.bernoulli(0.2)) value = kNaN;
        if (!column.missing_numbers.empty() && random.bernoulli(0.1)) value = -999;
        data.numbers().push_back(column.feature_of(value));
      } else {
        const auto place = static_cast<std::uint32_t>(random.below(column.categories.size() + 2));
        data.codes().push_back(place < column.categories.size() ? place
                               : column.optional && place == column.categories.size()
                                   ? data::kMissingCode
                                   : data::kUnseenCode);
      }
    }
  }
  return table;
}

float small_number(Random& random) { return static_cast<float>(random.normal()) / 4; }

/// A tree of at most `depth` levels, some branches shorter.
void grow(Random& random, model::Tree& tree, std::size_t features, int depth) {
  const std::size_t at = tree.nodes.size();
  tree.nodes.emplace_back();
  if (depth == 0 || (at > 0 && random.bernoulli(0.15))) {
    tree.nodes[at].value = small_number(random);
    return;
  }
  tree.nodes[at].feature = static_cast<std::int32_t>(random.below(features));
  tree.nodes[at].value = static_cast<float>(random.below(40)) / 8;
  tree.nodes[at].missing_left = random.bernoulli(0.5);
  tree.nodes[at].left = static_cast<std::int32_t>(tree.nodes.size());
  grow(random, tree, features, depth - 1);
  tree.nodes[at].right = static_cast<std::int32_t>(tree.nodes.size());
  grow(random, tree, features, depth - 1);
}

model::TreeEnsemble random_trees(Random& random, const data::TableSchema& schema, int trees,
                                 int depth) {
  const std::size_t features = model::lay_out_features(schema, false).size;
  model::TreeEnsemble ensemble;
  ensemble.base.assign(schema.target.margins(), 0.25F);
  for (int i = 0; i < trees; ++i) grow(random, ensemble.trees.emplace_back(), features, depth);
  if (schema.target.number) ensemble.size_trees = static_cast<std::size_t>(trees) / 3;
  return ensemble;
}

model::LinearModel random_linear(Random& random, const data::TableSchema& schema, bool softmax) {
  const model::FeatureLayout layout = model::lay_out_features(schema, true);
  model::LinearModel model;
  model.softmax = softmax;
  for (std::size_t row = 0; row < schema.target.margins(); ++row) {
    auto& weights = model.weights.emplace_back();
    for (std::size_t i = 0; i < layout.size; ++i) weights.push_back(small_number(random));
    model.bias.push_back(small_number(random));
  }
  for (std::size_t i = 0; i < layout.numbers; ++i) {
    model.imputed.push_back(small_number(random));
    model.offset.push_back(small_number(random));
    model.scale.push_back(0.5F + std::abs(small_number(random)));
  }
  return model;
}

model::ModelFile file_of(const data::TableSchema& schema, const model::Classifier& classifier) {
  model::Card card;
  card.schema = schema;
  card.threshold = 0.4321;
  const bool linear = std::holds_alternative<model::LinearModel>(classifier);
  card.algorithm = linear ? "logistic" : "trees";
  return model::parse_model(
      model::serialise_model(
          model::build_table_graph(schema, model::lay_out_features(schema, linear), classifier,
                                   card.threshold),
          card),
      "m");
}

void expect_the_predictions_of_onnx_runtime(const data::TableSchema& schema,
                                            const model::Classifier& classifier,
                                            const data::Table& table, double tolerance = 1e-6) {
  const model::ModelFile file = file_of(schema, classifier);
  const auto compiled = open_compiled_table(file);
  ASSERT_NE(compiled, nullptr);
  const Predictions wanted = open_onnx_runtime(file)->predict(table);
  const Predictions got = compiled->predict(table);
  ASSERT_EQ(got.predicted, wanted.predicted);
  ASSERT_EQ(got.probabilities.size(), wanted.probabilities.size());
  for (std::size_t i = 0; i < got.probabilities.size(); ++i) {
    const double size = std::max(1.0F, std::abs(wanted.probabilities[i]));
    ASSERT_NEAR(got.probabilities[i], wanted.probabilities[i], tolerance * size) << i;
  }
}

TEST(CompiledTable, numbers_and_dates_agree_with_onnx_runtime) {
  Random random(11);
  for (const data::Link link : {data::Link::identity, data::Link::log, data::Link::log1p}) {
    for (int round = 0; round < 4; ++round) {
      data::TableSchema schema = random_schema(random, random.below(3), random.below(3), 2);
      add_dates_and_number(random, schema, link);
      const data::Table table = random_table(random, schema, 300);
      model::LinearModel linear = random_linear(random, schema, false);
      // Dates and their parts are large numbers.
      for (auto& weights : linear.weights) {
        for (double& weight : weights) weight = static_cast<float>(weight * 1e-4);
      }
      // ONNX Runtime sums up floats, of which days are large ones.
      expect_the_predictions_of_onnx_runtime(schema, linear, table, 3e-5);
      model::TreeEnsemble trees = random_trees(random, schema, 12, 5);
      for (model::Tree& tree : trees.trees) {
        for (model::Tree::Node& node : tree.nodes) node.value *= node.feature < 0 ? 0.1F : 6.5F;
      }
      expect_the_predictions_of_onnx_runtime(schema, trees, table, 1e-5);
    }
  }
}

TEST(CompiledTable, linear_models_agree_with_onnx_runtime) {
  Random random(1);
  for (int round = 0; round < 30; ++round) {
    const std::size_t classes = 2 + random.below(3);
    const auto numbers = random.below(6);
    const data::TableSchema schema =
        random_schema(random, numbers, random.below(6) + (numbers == 0 ? 1 : 0), classes);
    expect_the_predictions_of_onnx_runtime(
        schema, random_linear(random, schema, classes > 2 && random.bernoulli(0.5)),
        random_table(random, schema, 300));
  }
}

TEST(CompiledTable, trees_of_any_depth_agree_with_onnx_runtime) {
  Random random(2);
  for (int depth = 0; depth <= 14; ++depth) {
    for (const std::size_t classes : {2, 3, 5}) {
      const data::TableSchema schema =
          random_schema(random, 1 + random.below(8), random.below(6), classes);
      const int trees = depth > 8 ? 12 : 40;
      expect_the_predictions_of_onnx_runtime(schema, random_trees(random, schema, trees, depth),
                                             random_table(random, schema, 130));
    }
  }
}

TEST(CompiledTable, rows_longer_than_one_vector_agree_with_onnx_runtime) {
  Random random(3);
  for (const std::size_t numbers : {20, 45, 90}) {  // 64, 128 and 256 bytes a row
    const data::TableSchema schema = random_schema(random, numbers, 0, 2);
    expect_the_predictions_of_onnx_runtime(schema, random_trees(random, schema, 60, 6),
                                           random_table(random, schema, 70));
  }
}

TEST(CompiledTable, more_thresholds_than_fit_in_a_byte_agree_with_onnx_runtime) {
  Random random(4);
  data::TableSchema schema = random_schema(random, 2, 0, 2);
  for (data::Column& column : schema.columns) column.optional = true;
  model::TreeEnsemble ensemble = random_trees(random, schema, 200, 6);
  for (model::Tree& tree : ensemble.trees) {
    for (model::Tree::Node& node : tree.nodes) {
      if (node.feature >= 0) node.value = static_cast<float>(random.below(3000)) / 600;
    }
  }
  data::Table table = random_table(random, schema, 500);
  for (data::ColumnData& column : table.columns) {
    for (float& x : column.numbers()) {
      if (random.bernoulli(0.9)) x = static_cast<float>(random.below(3200)) / 600 - 0.1F;
    }
  }
  expect_the_predictions_of_onnx_runtime(schema, ensemble, table);
}

TEST(CompiledTable, linear_models_of_doubles_agree_with_onnx_runtime) {
  Random random(16);
  for (const std::size_t classes : {0, 2, 3}) {
    for (const bool softmax : {false, true}) {
      if (softmax && classes < 3) continue;
      data::TableSchema schema = random_schema(random, 4, 2, classes);
      if (classes == 0) schema.target.number = data::NumberTarget{.link = data::Link::log};
      model::LinearModel linear = random_linear(random, schema, softmax);
      for (double& bias : linear.bias) bias += 1e-12;  // no float
      expect_the_predictions_of_onnx_runtime(schema, linear, random_table(random, schema, 200));
    }
  }
}

TEST(CompiledTable, trees_that_need_too_many_bytes_are_walked_node_by_node) {
  Random random(5);
  for (const std::size_t classes : {2, 3}) {
    for (const std::size_t rows : {1, 7, 150}) {
      const data::TableSchema schema = random_schema(random, 400, 30, classes);
      const auto ensemble = random_trees(random, schema, 150, 12);
      EXPECT_EQ(open_compiled_table(file_of(schema, ensemble))->engine(),
                "compiled: trees, node by node");
      expect_the_predictions_of_onnx_runtime(schema, ensemble, random_table(random, schema, rows),
                                             2e-6);
    }
  }
}

TEST(CompiledTable, a_forest_whose_trees_vote_is_written_once_for_all_classes) {
  Random random(15);
  for (const std::size_t numbers : {5, 300}) {  // both forms of compiled trees
    const data::TableSchema schema = random_schema(random, numbers, 3, 3);
    model::TreeEnsemble forest{.base = {0, 0, 0}, .margins_are_probabilities = true};
    constexpr int kTrees = 80;
    for (int i = 0; i < kTrees; ++i) {
      model::Tree tree;
      grow(random, tree, model::lay_out_features(schema, false).size, 8);
      std::array<model::Tree, 3> by_class{tree, tree, tree};
      for (std::size_t n = 0; n < tree.nodes.size(); ++n) {
        if (tree.nodes[n].feature >= 0) continue;
        const auto a = static_cast<float>(random.uniform()) / 2, b = a / 2;
        by_class[0].nodes[n].value = a / kTrees;
        by_class[1].nodes[n].value = b / kTrees;
        by_class[2].nodes[n].value = (1 - a - b) / kTrees;
      }
      for (model::Tree& one : by_class) forest.trees.push_back(std::move(one));
    }
    EXPECT_EQ(forest.shapes_from(3), 3U);
    expect_the_predictions_of_onnx_runtime(schema, forest, random_table(random, schema, 100), 2e-6);
    // Trees of different shapes are written one by one.
    forest.trees[4].nodes[0].value += 0.125F;
    EXPECT_EQ(forest.shapes_from(3), 1U);
    expect_the_predictions_of_onnx_runtime(schema, forest, random_table(random, schema, 100), 2e-6);
  }
}

TEST(CompiledTable, both_kernels_find_the_same_leaves) {
  if (!has_avx512_vbmi()) GTEST_SKIP() << "skipped: no AVX-512 VBMI here";
  Random random(6);
  for (const std::size_t numbers : {5, 45, 90}) {
    for (int depth = 1; depth <= 6; ++depth) {
      const data::TableSchema schema = random_schema(random, numbers, 2, 3);
      const auto trees = CompiledTrees::compile(random_trees(random, schema, 50, depth), schema,
                                                model::lay_out_features(schema, false));
      ASSERT_TRUE(trees);
      const data::Table table = random_table(random, schema, 70);
      std::vector<double> portable(table.rows * 3), fast(table.rows * 3);
      trees->margins_by(walk_portable, table, 0, table.rows, portable.data());
      trees->margins_by(walk_avx512, table, 0, table.rows, fast.data());
      for (std::size_t i = 0; i < fast.size(); ++i) ASSERT_NEAR(fast[i], portable[i], 1e-9);
    }
  }
}

TEST(CompiledTable, invalid_trees_are_not_compiled) {
  Random random(8);
  const data::TableSchema schema = random_schema(random, 2, 0, 2);
  const auto node = [](std::int32_t left, std::int32_t right, float value) {
    return model::Tree::Node{0, value, left, right, false};
  };
  model::TreeEnsemble shared{{model::Tree{}},
                             {0}};  // both children of each node are the same node: 2^40 paths
  for (int n = 0; n < 40; ++n) shared.trees[0].nodes.push_back(node(n + 1, n + 1, 1));
  shared.trees[0].nodes.emplace_back();
  EXPECT_EQ(open_compiled_table(file_of(schema, shared)), nullptr);
  model::TreeEnsemble chain{{model::Tree{}}, {0}};
  for (int n = 0; n < 2000; ++n) {
    chain.trees[0].nodes.push_back(node(2 * n + 1, 2 * n + 2, 1));
    chain.trees[0].nodes.emplace_back();
  }
  chain.trees[0].nodes.emplace_back();
  EXPECT_EQ(open_compiled_table(file_of(schema, chain)), nullptr);
  model::TreeEnsemble nan{{model::Tree{{node(1, 2, kNaN), {}, {}}}}, {0}};
  EXPECT_EQ(open_compiled_table(file_of(schema, nan)), nullptr);
}

TEST(CompiledTable, a_changed_graph_is_not_compiled) {
  Random random(7);
  const data::TableSchema schema = random_schema(random, 3, 1, 2);
  const model::ModelFile file = file_of(schema, random_linear(random, schema, false));
  ::onnx::ModelProto changed = model::whole_model(file);
  changed.clear_metadata_props();
  for (::onnx::NodeProto& node : *changed.mutable_graph()->mutable_node()) {
    if (node.op_type() == "Scaler") node.set_name("other");
  }
  const model::ModelFile other =
      model::parse_model(model::serialise_model(changed, *file.card), "m");
  EXPECT_EQ(open_compiled_table(other), nullptr);
  EXPECT_NE(open_compiled_table(file), nullptr);
}

}  // namespace
}  // namespace vitrine::engine
