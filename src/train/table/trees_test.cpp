#include "train/table/trees.h"

#include <gtest/gtest.h>
#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "base/random.h"
#include "engine/table/tree_contributions.h"

namespace vitrine::train {
namespace {

TreeRows random_rows(std::size_t rows, std::size_t classes) {
  Random random(9);
  TreeRows out;
  out.features = 4;
  for (std::size_t row = 0; row < rows; ++row) {
    float x[4];
    for (float& value : x) value = static_cast<float>(random.normal());
    x[3] = random.bernoulli(0.5) ? 1.0F : 0.0F;
    if (random.bernoulli(0.1)) x[1] = std::numeric_limits<float>::quiet_NaN();
    out.values.insert(out.values.end(), x, x + 4);
    const double score = static_cast<double>(x[0]) +
                         (std::isnan(x[1]) ? 1.5 : static_cast<double>(x[1])) +
                         2 * static_cast<double>(x[3]) - 1 + random.normal();
    out.labels.push_back(classes == 2 ? (score > 0 ? 1 : 0) : (score < -1 ? 0 : score < 1 ? 1 : 2));
  }
  return out;
}

/// XGBoost's predictions after the same training; with type 2 its contributions,
/// [row][class][feature], where the last feature is the base.
std::vector<float> predict_with_xgboost(const TreeRows& rows, std::size_t classes,
                                        const TreeOptions& options, int rounds, int type = 0) {
  DMatrixHandle matrix = nullptr;
  XGDMatrixCreateFromMat(rows.values.data(), rows.rows(), rows.features,
                         std::numeric_limits<float>::quiet_NaN(), &matrix);
  const std::vector<float> labels(rows.labels.begin(), rows.labels.end());
  XGDMatrixSetFloatInfo(matrix, "label", labels.data(), labels.size());
  BoosterHandle booster = nullptr;
  XGBoosterCreate(&matrix, 1, &booster);
  const auto set = [&](const char* name, const std::string& value) {
    XGBoosterSetParam(booster, name, value.c_str());
  };
  set("tree_method", "hist");
  set("nthread", "1");
  set("seed", std::to_string(options.seed));
  set("seed_per_iteration", "1");
  set("max_depth", std::to_string(options.depth));
  set("learning_rate", std::to_string(options.learning_rate));
  set("subsample", std::to_string(options.row_share));
  set("colsample_bytree", std::to_string(options.column_share));
  set("min_child_weight", "2.5");
  set("objective", classes == 2 ? "binary:logistic" : "multi:softprob");
  if (classes == 2) {
    const auto positives = static_cast<double>(std::ranges::count(rows.labels, 1));
    set("base_score", std::to_string((positives + 1) / (static_cast<double>(rows.rows()) + 2)));
  }
  if (classes > 2) set("num_class", std::to_string(classes));
  for (int round = 0; round < rounds; ++round) XGBoosterUpdateOneIter(booster, round, matrix);
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* values = nullptr;
  const std::string config =
      "{\"type\":" + std::to_string(type) +
      R"(,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true})";
  XGBoosterPredictFromDMatrix(booster, matrix, config.c_str(), &shape, &dimensions, &values);
  std::size_t size = 1;
  for (bst_ulong i = 0; i < dimensions; ++i) size *= shape[i];
  const std::vector<float> out(values, values + size);
  XGBoosterFree(booster);
  XGDMatrixFree(matrix);
  return out;
}

TEST(Trees, predict_the_same_as_xgboost) {
  const TreeOptions options{
      .depth = 3, .learning_rate = 0.2, .row_share = 0.8, .column_share = 0.9, .seed = 4};
  for (const std::size_t classes : {2U, 3U}) {
    const TreeRows rows = random_rows(1000, classes);
    const model::TreeEnsemble ensemble = fit_trees(rows, classes, options, 20);
    EXPECT_EQ(ensemble.trees.size(), classes == 2 ? 20 : 60);
    const auto own = predict_trees(ensemble, rows.values, rows.features, classes);
    const auto theirs = predict_with_xgboost(rows, classes, options, 20);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      if (classes == 2) {
        EXPECT_NEAR(own[row * 2 + 1], theirs[row], 1e-6);
      } else {
        for (std::size_t k = 0; k < 3; ++k)
          EXPECT_NEAR(own[row * 3 + k], theirs[row * 3 + k], 1e-6);
      }
    }
  }
}

TEST(Trees, contributions_equal_those_of_xgboost) {
  const TreeOptions options{.depth = 6, .learning_rate = 0.1, .row_share = 0.8, .seed = 4};
  for (const std::size_t classes : {2U, 3U}) {
    const TreeRows rows = random_rows(1000, classes);
    data::TableSchema schema;
    data::Table table;
    table.rows = rows.rows();
    for (std::size_t i = 0; i < rows.features; ++i) {
      schema.columns.emplace_back().optional = true;
      for (std::size_t row = 0; row < rows.rows(); ++row) {
        if (row == 0) table.columns.emplace_back();
        table.columns[i].numbers().push_back(rows.values[row * rows.features + i]);
      }
    }
    const model::TreeEnsemble ensemble = fit_trees(rows, classes, options, 60);
    const auto made =
        engine::TreeContributions::of(ensemble, schema, model::lay_out_features(schema, false));
    ASSERT_TRUE(made.has_value());
    const std::size_t targets = classes == 2 ? 1 : classes;
    const auto theirs = predict_with_xgboost(rows, classes, options, 60, 2);
    ASSERT_EQ(theirs.size(), rows.rows() * targets * (rows.features + 1));
    std::vector<double> own(rows.rows() * targets * rows.features, 0);
    for (std::size_t first = 0; first < rows.rows(); first += engine::TreeContributions::kRows) {
      made->add(table, first, std::min(engine::TreeContributions::kRows, rows.rows() - first),
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

std::vector<TreeFold> three_folds(const TreeRows& all) {
  std::vector<TreeFold> folds(3);
  for (std::size_t row = 0; row < all.rows(); ++row) {
    for (std::size_t i = 0; i < 3; ++i) {
      TreeRows& part = row % 3 == i ? folds[i].validation : folds[i].train;
      part.features = 4;
      part.values.insert(part.values.end(), &all.values[row * 4], &all.values[row * 4] + 4);
      part.labels.push_back(all.labels[row]);
      if (row % 3 == i) folds[i].validation_places.push_back(static_cast<std::uint32_t>(row));
    }
  }
  return folds;
}

TEST(Trees, results_with_sampling_do_not_depend_on_threads) {
  const TreeRows all = random_rows(600, 2);
  const auto folds = three_folds(all);
  for (const int depth : {3, 6}) {
    const TreeOptions options{
        .depth = depth, .learning_rate = 0.1, .row_share = 0.7, .column_share = 0.7};
    const TreeTrial shared = cross_validate_trees(folds, all.rows(), 2, options);
    // Inside parallel_for() all folds run on one thread, one after another.
    std::vector<TreeTrial> alone(core_count());
    parallel_for(alone.size(), [&](std::size_t i) {
      alone[i] = cross_validate_trees(folds, all.rows(), 2, options);
    });
    for (const TreeTrial& one : alone) {
      EXPECT_EQ(one.rounds, shared.rounds);
      EXPECT_EQ(one.probabilities, shared.probabilities);
      EXPECT_EQ(one.fold_losses, shared.fold_losses);
    }
  }
}

TEST(Trees, cross_validation_stops_early_and_holds_each_row_out_once) {
  const TreeRows all = random_rows(600, 2);
  const TreeTrial trial =
      cross_validate_trees(three_folds(all), all.rows(), 2, {.depth = 3, .learning_rate = 0.3});
  EXPECT_GT(trial.rounds, 1);
  EXPECT_LT(trial.rounds, 200);
  EXPECT_EQ(trial.fold_losses.size(), 3);
  int right = 0;
  for (std::size_t row = 0; row < all.rows(); ++row) {
    EXPECT_NEAR(trial.probabilities[row * 2] + trial.probabilities[row * 2 + 1], 1, 1e-6);
    right += (trial.probabilities[row * 2 + 1] > 0.5F) == (all.labels[row] == 1);
  }
  EXPECT_GT(right, 450);
}

}  // namespace
}  // namespace vitrine::train
