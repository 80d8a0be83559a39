#include "train/table/trees/boosting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/parallel.h"
#include "base/portable_math.h"
#include "base/random.h"
#include "engine/table/tree_contributions.h"
#include "train/table/design.h"
#include "train/table/tree_prediction.h"
#include "train/table/trees/forest.h"
#include "train/table/trees/test_xgboost.h"

namespace vitrine::train {
namespace {

/// A table of two numbers, one with missing values, a number of few values, and categories.
struct Data {
  data::TableSchema schema;
  data::Table table;
  model::FeatureLayout layout;
  std::vector<float> numbers;  ///< to predict
  std::size_t classes;

  Data(std::size_t rows, std::size_t classes_, bool with_category = true) : classes(classes_) {
    schema.columns.resize(4);
    table.columns.resize(4);
    table.columns[3].values = data::Codes();
    schema.columns[1].optional = true;
    schema.columns[3].kind = data::ColumnKind::category;
    for (const char* value : {"a", "b", "c", "d", "e"}) {
      schema.columns[3].categories.push_back({.value = value, .spelling = value});
    }
    Random random(9);
    for (std::size_t row = 0; row < rows; ++row) add_row(random);
    if (!with_category) {
      schema.columns.pop_back();
      table.columns.pop_back();
    }
    table.rows = rows;
    layout = model::lay_out_features(schema, false);
  }

  void add_row(Random& random) {
    const double x = random.normal();
    const double y = random.bernoulli(0.1) ? std::nan("") : random.normal();
    const double few = std::floor(random.uniform() * 4);
    const auto code = static_cast<std::uint32_t>(random.uniform() * 5);
    table.columns[0].numbers().push_back(static_cast<float>(x));
    table.columns[1].numbers().push_back(static_cast<float>(y));
    table.columns[2].numbers().push_back(static_cast<float>(few));
    table.columns[3].codes().push_back(code);
    const double score = std::sin(2 * x) + (std::isnan(y) ? 1.5 : y * (few > 1 ? 1 : 0.3)) +
                         (code == 3 ? 1 : 0) + random.normal() / 2;
    numbers.push_back(static_cast<float>(score));
    table.labels.push_back(classes == 2 ? (score > 0.5 ? 1 : 0)
                                        : (score < -0.5  ? 0
                                           : score < 1.2 ? 1
                                                         : 2));
  }

  TreeTarget target() const {
    if (classes == 0) return {.labels = {}, .numbers = numbers};
    return {.classes = classes, .labels = table.labels, .numbers = {}};
  }

  DenseRows dense(std::span<const std::uint32_t> rows) const {
    const auto all = dense_features(schema, layout, table, 0, table.rows);
    DenseRows out;
    out.features = layout.size;
    for (const std::size_t row : rows) {
      out.values.insert(out.values.end(), &all[row * layout.size],
                        &all[row * layout.size] + layout.size);
      out.labels.push_back(classes == 0 ? numbers[row] : static_cast<float>(table.labels[row]));
    }
    return out;
  }
};

std::vector<std::uint32_t> range(std::size_t begin, std::size_t end) {
  std::vector<std::uint32_t> rows(end - begin);
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(begin));
  return rows;
}

/// The best gain of a split of all rows for squared loss, by trying each feature, each value and
/// both sides for missing ones; and the gain of the split of `root`.
struct Gains {
  double best = 0;
  double chosen = 0;
};

Gains gains_of(const Data& data, const model::Tree::Node& root, double l2, double least) {
  const DenseRows rows = data.dense(range(0, data.table.rows));
  const auto gain = [&](std::size_t feature, float cut, bool missing_left) {
    double sums[2] = {0, 0};
    double counts[2] = {0, 0};
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      const float x = rows.values[row * rows.features + feature];
      const bool left = std::isnan(x) ? missing_left : x < cut;
      sums[left ? 0 : 1] += static_cast<double>(rows.labels[row]);
      counts[left ? 0 : 1] += 1;
    }
    if (counts[0] < least || counts[1] < least) return 0.0;
    return sums[0] * sums[0] / (counts[0] + l2) + sums[1] * sums[1] / (counts[1] + l2);
  };
  Gains out;
  out.chosen = gain(static_cast<std::size_t>(root.feature), root.value, root.missing_left);
  for (std::size_t feature = 0; feature < rows.features; ++feature) {
    for (std::size_t row = 0; row <= rows.rows(); ++row) {
      const float cut = row == rows.rows() ? std::numeric_limits<float>::max()
                                           : rows.values[row * rows.features + feature];
      for (const bool left : {false, true}) out.best = std::max(out.best, gain(feature, cut, left));
    }
  }
  return out;
}

TEST(Trees, the_first_split_is_the_best_one) {
  for (const std::size_t rows : {30U, 50U, 65U}) {
    const Data data(rows, 0);
    const BinnedTable table(data.schema, data.layout, data.table);
    const TreeOptions options{.depth = 1, .learning_rate = 1, .least_hessian = 5, .l2 = 0.5};
    const auto ensemble = fit_trees(table, data.target(), range(0, rows), options, 1);
    const auto& nodes = ensemble.trees[0].nodes;
    ASSERT_EQ(nodes.size(), 3U);
    const Gains gains = gains_of(data, nodes[0], options.l2, options.least_hessian);
    EXPECT_NEAR(gains.chosen, gains.best, 1e-5 * gains.best);
    EXPECT_NEAR(nodes[1].cover + nodes[2].cover, static_cast<float>(rows), 1e-3F);
  }
}

TEST(Trees, predict_about_as_well_as_xgboost) {
  for (const std::size_t classes : {0U, 2U, 3U}) {
    const Data data(6000, classes);
    const BinnedTable table(data.schema, data.layout, data.table);
    const auto train = range(0, 4000);
    const auto held_out = range(4000, 6000);
    for (const int leaves : {0, 15}) {
      const TreeOptions options{.depth = leaves > 0 ? 10 : 4, .leaves = leaves};
      Booster booster(table, data.target(), options, train, held_out);
      for (int round = 0; round < 60; ++round) booster.add_round();
      const XgboostTrees peer(data.dense(train), classes, options, 60);
      const auto margins = peer.predict(data.dense(held_out), 1);
      const std::size_t outputs = data.target().outputs();
      std::vector<std::vector<float>> theirs(outputs, std::vector<float>(6000));
      for (std::size_t i = 0; i < margins.size(); ++i) {
        theirs[i % outputs][held_out[i / outputs]] = margins[i];
      }
      const double loss = data.target().mean_loss(held_out, theirs);
      EXPECT_NEAR(booster.held_out_loss(), loss, 0.03 * loss) << classes << " " << leaves;
    }
  }
}

TEST(Trees, the_ensemble_predicts_what_was_boosted) {
  for (const std::size_t classes : {0U, 2U, 3U}) {
    const Data data(1500, classes);
    const BinnedTable table(data.schema, data.layout, data.table);
    const TreeOptions options{.depth = 5, .row_share = 0.7, .column_share = 0.7, .seed = 4};
    Booster booster(table, data.target(), options, range(0, 1000), range(1000, 1500));
    for (int round = 0; round < 25; ++round) booster.add_round();
    const auto held_out = booster.held_out_margins(25);
    const auto all =
        tree_margins(std::move(booster).ensemble(25), data.schema, data.layout, data.table);
    const std::size_t outputs = data.target().outputs();
    for (std::size_t i = 0; i < held_out.size(); ++i) {
      ASSERT_EQ(held_out[i], all[1000 * outputs + i]);
    }
  }
}

TEST(Trees, contributions_equal_those_of_xgboost) {
  const TreeOptions options{.depth = 6, .row_share = 0.8, .seed = 4};
  for (const std::size_t classes : {2U, 3U}) {
    const Data data(1000, classes, false);
    const DenseRows rows = data.dense(range(0, 1000));
    const XgboostTrees peer(rows, classes, options, 60);
    const auto made = engine::TreeContributions::of(peer.ensemble(), data.schema, data.layout);
    ASSERT_TRUE(made.has_value());
    const std::size_t targets = classes == 2 ? 1 : classes;
    const auto theirs = peer.predict(rows, 2);
    ASSERT_EQ(theirs.size(), rows.rows() * targets * (rows.features + 1));
    std::vector<double> own(rows.rows() * targets * rows.features, 0);
    for (std::size_t first = 0; first < rows.rows(); first += engine::TreeContributions::kRows) {
      made->add(data.table, first, std::min(engine::TreeContributions::kRows, rows.rows() - first),
                &own[first * targets * rows.features]);
    }
    for (std::size_t i = 0; i < rows.rows() * targets; ++i) {
      for (std::size_t f = 0; f < rows.features; ++f) {
        ASSERT_NEAR(own[i * rows.features + f], theirs[i * (rows.features + 1) + f], 1e-5);
      }
      ASSERT_NEAR(made->base()[i % targets], theirs[i * (rows.features + 1) + rows.features], 1e-5);
    }
  }
}

std::vector<TreeFold> three_folds(std::size_t rows) {
  std::vector<std::uint8_t> fold;
  for (std::size_t row = 0; row < rows; ++row) fold.push_back(static_cast<std::uint8_t>(row % 3));
  return tree_folds(fold, 3);
}

TEST(Trees, results_do_not_depend_on_threads) {
  // Enough rows that nodes are split by several threads.
  const Data data(100'000, 2);
  const BinnedTable table(data.schema, data.layout, data.table);
  const TreeOptions options{.depth = 6, .row_share = 0.7, .column_share = 0.7, .most_rounds = 10};
  const TreeTrial shared =
      cross_validate_trees(table, data.target(), three_folds(100'000), options);
  const auto rows = range(0, 100'000);
  const auto fitted = fit_trees(table, data.target(), rows, options, 5);
  // Inside parallel_for() everything runs on one thread.
  std::vector<TreeTrial> alone(core_count());
  std::vector<model::TreeEnsemble> fitted_alone(core_count());
  parallel_for(alone.size(), [&](std::size_t i) {
    alone[i] = cross_validate_trees(table, data.target(), three_folds(100'000), options);
    fitted_alone[i] = fit_trees(table, data.target(), rows, options, 5);
  });
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(alone[i].rounds, shared.rounds);
    EXPECT_EQ(alone[i].margins, shared.margins);
    EXPECT_EQ(alone[i].fold_losses, shared.fold_losses);
    EXPECT_EQ(tree_margins(fitted_alone[i], data.schema, data.layout, data.table),
              tree_margins(fitted, data.schema, data.layout, data.table));
  }
}

TEST(Trees, a_forest_gives_the_mean_share_or_number_of_its_leaves) {
  for (const std::size_t classes : {0U, 2U, 3U}) {
    const Data data(900, classes);
    const BinnedTable table(data.schema, data.layout, data.table);
    const ForestOptions options{.trees = 30, .seed = 2};
    const auto fold = three_folds(900);
    const Margins held_out = cross_validate_forest(table, data.target(), fold, options);
    const auto forest = fit_forest(table, data.target(), fold[0].train, options);
    ASSERT_EQ(forest.trees.size(), 30 * data.target().outputs());
    const auto margins = tree_margins(forest, data.schema, data.layout, data.table);
    double error = 0;
    for (const std::size_t row : fold[0].validation) {
      double sum = 0;
      for (std::size_t k = 0; k < held_out.size(); ++k) {
        const float margin = margins[row * held_out.size() + k];
        ASSERT_NEAR(held_out[k][row], margin, 1e-5);
        sum += static_cast<double>(margin);
      }
      // Trees of classes are grown apart, so shares add up to 1 only on the mean.
      if (classes == 3) error += sum - 1;
      if (classes == 0) error += std::pow(sum - static_cast<double>(data.numbers[row]), 2) - 0.9;
      if (classes == 2) error += (sum > 0.5) == (data.table.labels[row] == 1) ? -0.2 : 0.8;
    }
    // Right in four of five cases; a squared error of at most 0.9, where the variance is 1.7.
    EXPECT_LT(error, classes == 3 ? 30 : 0) << classes;
  }
}

TEST(Trees, a_forest_does_not_depend_on_threads_and_has_no_more_leaves_than_asked) {
  const Data data(3000, 2);
  const BinnedTable table(data.schema, data.layout, data.table);
  const ForestOptions options{.trees = 12, .most_leaves = 50};
  const auto rows = range(0, 3000);
  const auto shared = fit_forest(table, data.target(), rows, options);
  std::vector<model::TreeEnsemble> alone(core_count());
  parallel_for(alone.size(),
               [&](std::size_t i) { alone[i] = fit_forest(table, data.target(), rows, options); });
  const auto margins = tree_margins(shared, data.schema, data.layout, data.table);
  for (const auto& one : alone) {
    EXPECT_EQ(tree_margins(one, data.schema, data.layout, data.table), margins);
  }
  for (const model::Tree& tree : shared.trees) {
    EXPECT_LE(tree.nodes.size(), 99U);
    EXPECT_GT(tree.nodes.size(), 20U);
  }
}

TEST(Trees, cross_validation_stops_early_and_holds_each_row_out_once) {
  const Data data(600, 2);
  const BinnedTable table(data.schema, data.layout, data.table);
  const TreeTrial trial = cross_validate_trees(table, data.target(), three_folds(600),
                                               {.depth = 3, .learning_rate = 0.3});
  EXPECT_GT(trial.rounds, 1);
  EXPECT_LT(trial.rounds, 200);
  EXPECT_EQ(trial.fold_losses.size(), 3U);
  int right = 0;
  for (std::size_t row = 0; row < 600; ++row) {
    right += (trial.margins[0][row] > 0) == (data.table.labels[row] == 1);
  }
  EXPECT_GT(right, 450);
}

TEST(Trees, a_table_of_one_category_column_of_many_values_is_learned) {
  Data data(3000, 2);
  data.schema.columns.erase(data.schema.columns.begin(), data.schema.columns.begin() + 3);
  data.table.columns.erase(data.table.columns.begin(), data.table.columns.begin() + 3);
  for (int i = 5; i < 600; ++i) {
    data.schema.columns[0].categories.push_back({.value = std::to_string(i)});
  }
  for (std::size_t row = 0; row < 3000; ++row) {
    data.table.columns[0].codes()[row] = static_cast<std::uint32_t>(row % 600);
    data.table.labels[row] = row % 600 == 7 || row < 600 ? 1 : 0;
  }
  data.layout = model::lay_out_features(data.schema, false);
  const BinnedTable table(data.schema, data.layout, data.table);
  EXPECT_EQ(table.narrow_groups(), 0U);
  const auto trees = fit_trees(table, data.target(), range(0, 3000), {.least_hessian = 0.5}, 3);
  const auto& root = trees.trees[0].nodes[0];
  EXPECT_EQ(root.feature, 7);
  EXPECT_EQ(root.value, 0.5F);
}

TEST(Trees, cuts_lie_between_values_and_frequent_ones_have_a_bin) {
  const float missing = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(bin_cuts({3, 1, missing, 1, 2}, 255), (std::vector<float>{1.5F, 2.5F}));
  EXPECT_TRUE(bin_cuts({missing, 5, 5}, 255).empty());
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(bin_cuts({-infinity, infinity}, 255), (std::vector<float>{infinity}));
  std::vector<float> values(5000, 7.0F);
  for (int i = 0; i < 5000; ++i) values.push_back(static_cast<float>(i) / 100);
  const auto cuts = bin_cuts(values, 255);
  EXPECT_LT(cuts.size(), 255U);
  EXPECT_GT(cuts.size(), 200U);
  const auto after = std::ranges::upper_bound(cuts, 7.0F);
  EXPECT_GT(*(after - 1), 6.98F);
  EXPECT_LT(*after, 7.02F);
}

TEST(Trees, portable_exp_and_log_are_those_of_the_library) {
  for (double x = -700; x <= 700; x += 0.37) {
    EXPECT_NEAR(portable_exp(x) / std::exp(x), 1, 4e-15) << x;
    const double y = std::exp(x);
    EXPECT_NEAR(portable_log(y), std::log(y), 1e-15 * std::max(1.0, std::abs(x))) << x;
  }
  EXPECT_EQ(portable_log(1), 0);
  EXPECT_EQ(portable_exp(0), 1);
}

}  // namespace
}  // namespace vitrine::train
