#include "train/table/table_trainer.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "engine/predictor.h"
#include "metrics/classification.h"
#include "sample/churn.h"

namespace vitrine::train {
namespace {

namespace fs = std::filesystem;

class TableTrainerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("vitrine-trainer-test-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  static TrainedModel train(const TableTrainOptions& options) {
    return train_table(options, [](const std::string&) {});
  }
  static bool warned(const model::Card& card, const std::string& code) {
    for (const auto& warning : card.warnings) {
      if (warning.code == code) return true;
    }
    return false;
  }
  fs::path folder_;
};

/// Rows of three classes, with columns of unusual names and values.
std::string three_classes(int rows, int seed = 2) {
  Random random(static_cast<std::uint64_t>(seed));
  std::string text = "label,Size In Cm,\"quo\"\"ted, name\",kind\n";
  for (int i = 0; i < rows; ++i) {
    const int kind = i % 3;
    text += (random.bernoulli(0.05)  ? ""
             : kind == 0             ? "Red Apple"
             : random.bernoulli(0.5) ? "BLUE"
                                     : " blue") +
            std::string(",");
    text += random.bernoulli(0.1) ? "NA," : std::to_string(kind * 2 + random.normal()) + ",";
    text += "\"a,\"\"" + std::to_string(random.below(4)) + "\"\"\"," +
            std::string(kind == 0   ? "One"
                        : kind == 1 ? "two"
                                    : "Three") +
            "\n";
  }
  return text;
}

TEST_F(TableTrainerTest, a_model_of_one_sample_is_accurate_on_another) {
  sample::write_churn_sample(folder_ / "a.csv", 7000, 1);
  sample::write_churn_sample(folder_ / "b.csv", 7000, 2);
  TableTrainOptions options;
  options.data = {folder_ / "a.csv"};
  options.test = {folder_ / "b.csv"};
  options.columns.target = "Churn";
  for (const char* algorithm : {"logistic", "trees"}) {
    options.algorithm = algorithm;
    const TrainedModel model = train(options);
    EXPECT_EQ(model.card.algorithm, algorithm);
    const double auc = model.card.metrics["test"]["auc"];
    EXPECT_GT(auc, 0.80) << algorithm;
    EXPECT_LT(auc, 0.88) << algorithm;
    EXPECT_LE(model.largest_difference, 1e-5);
    EXPECT_FALSE(warned(model.card, "drift"));
    EXPECT_FALSE(warned(model.card, "leak"));
  }
}

TEST_F(TableTrainerTest, the_same_input_produces_the_same_bytes) {
  TableTrainOptions options;
  options.data = {file("t.csv", three_classes(400))};
  options.columns.target = "kind";
  const std::string bytes = train(options).bytes;
  EXPECT_EQ(train(options).bytes, bytes);
  options.seed = 2;
  EXPECT_NE(train(options).bytes, bytes);
}

TEST_F(TableTrainerTest, several_classes_and_unusual_names_can_be_saved_and_read) {
  TableTrainOptions options;
  options.data = {file("t.csv", three_classes(600))};
  options.columns.target = "KIND";
  for (const char* algorithm : {"logistic", "trees"}) {
    options.algorithm = algorithm;
    const TrainedModel model = train(options);
    EXPECT_GT(model.card.metrics["test"]["accuracy"].get<double>(), 0.7);
    EXPECT_FALSE(model.card.metrics["test"].contains("auc"));
    EXPECT_EQ(model.card.schema.target.classes[0].value, "one");
    const model::ModelFile reopened = model::parse_model(model.bytes, "t");
    EXPECT_EQ(model::to_json(*reopened.card).dump(), model::to_json(model.card).dump());
  }
}

TEST_F(TableTrainerTest, a_column_that_predicts_the_target_causes_a_warning) {
  std::string text = "x,paid,y\n";
  for (int i = 0; i < 300; ++i) {
    const bool yes = i % 4 == 0;
    text += std::to_string(i * 7 % 31) + (yes ? ",0,yes\n" : ",1,no\n");
  }
  TableTrainOptions options;
  options.data = {file("t.csv", text)};
  options.columns.target = "y";
  options.algorithm = "logistic";
  EXPECT_TRUE(warned(train(options).card, "leak"));
  options.columns.drop = {"paid"};
  EXPECT_FALSE(warned(train(options).card, "leak"));
}

TEST_F(TableTrainerTest, a_leak_is_found_in_small_tables) {
  // Sixty rows sorted by class, with a row number that leaks the class.
  std::string text = "n,x,y\n";
  Random random(5);
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(1000 + i * 3 + static_cast<int>(random.below(3))) + "," +
            std::to_string(random.normal()) + (i < 40 ? ",no\n" : ",yes\n");
  }
  TableTrainOptions options;
  options.data = {file("t.csv", text)};
  options.columns.target = "y";
  options.algorithm = "logistic";
  const model::Card card = train(options).card;
  ASSERT_TRUE(warned(card, "leak"));
  for (const auto& warning : card.warnings) {
    if (warning.code != "leak") continue;
    EXPECT_TRUE(warning.message.contains("'n'"));
  }
}

TEST_F(TableTrainerTest, a_leak_is_found_if_classes_alternate) {
  // Blocks of forty numbers belong to one class each.
  std::string text = "n,x,y\n";
  Random random(6);
  for (int i = 0; i < 1200; ++i) {
    text += std::to_string(i) + "," + std::to_string(random.normal()) +
            (i / 40 % 2 == 0 ? ",no\n" : ",yes\n");
  }
  TableTrainOptions options;
  options.data = {file("t.csv", text)};
  options.columns.target = "y";
  options.columns.keep = {"n"};
  options.algorithm = "logistic";
  EXPECT_TRUE(warned(train(options).card, "leak"));
}

TEST_F(TableTrainerTest, a_good_column_of_a_small_table_is_not_a_leak) {
  // Three classes of 20 rows, and a column that predicts 58 of 60 correctly, like the petals of
  // irises.
  std::string text = "petal,x,y\n";
  Random random(7);
  for (int i = 0; i < 60; ++i) {
    const int its = i == 25 ? 2 : i == 45 ? 1 : i / 20;
    text += std::to_string(its * 2 + 0.1 * random.normal()) + "," +
            std::to_string(random.normal()) +
            (i < 20   ? ",a\n"
             : i < 40 ? ",b\n"
                      : ",c\n");
  }
  TableTrainOptions options;
  options.data = {file("t.csv", text)};
  options.columns.target = "y";
  options.algorithm = "logistic";
  EXPECT_FALSE(warned(train(options).card, "leak"));
}

TEST_F(TableTrainerTest, names_of_many_values_are_learned) {
  // Each of 1,500 shops has a rate of its own.
  constexpr int kShops = 1500;
  std::vector<double> rates;
  Random random(8);
  for (int shop = 0; shop < kShops; ++shop) rates.push_back(random.uniform() < 0.5 ? 0.15 : 0.85);
  const auto rows = [&](int count) {
    std::string text = "shop,x,y\n";
    for (int i = 0; i < count; ++i) {
      const auto shop = random.below(kShops);
      text += "S" + std::to_string(10000 + shop) + "," + std::to_string(random.normal()) +
              (random.bernoulli(rates[shop]) ? ",yes\n" : ",no\n");
    }
    return text;
  };
  TableTrainOptions options;
  options.data = {file("t.csv", rows(12000))};
  options.columns.target = "y";
  const auto auc = [&](const char* figures) {
    const model::Card card = train(options).card;
    EXPECT_TRUE(warned(card, "many_categories"));
    EXPECT_EQ(card.schema.columns.at(0).kind, data::ColumnKind::text);
    return card.metrics[figures]["auc"].get<double>();
  };
  // By the rates themselves it would be 0.85.
  EXPECT_GT(auc("test"), 0.75);
  options.validation = {file("v.csv", rows(2000))};
  EXPECT_GT(auc("validation"), 0.75);
}

TEST_F(TableTrainerTest, duplicates_conflicts_and_drift_cause_warnings) {
  std::string text = "x,y\n";
  for (int i = 0; i < 400; ++i) text += std::to_string(i % 150) + (i % 4 ? ",no\n" : ",yes\n");
  std::string later = "x,y\n";
  for (int i = 0; i < 400; ++i)
    later += std::to_string(90 + i % 180) + (i % 3 ? ",yes\n" : ",no\n");
  TableTrainOptions options;
  options.data = {file("t.csv", text)};
  options.test = {file("later.csv", later)};
  options.columns.target = "y";
  options.algorithm = "logistic";
  const model::Card card = train(options).card;
  EXPECT_TRUE(warned(card, "duplicates"));
  EXPECT_TRUE(warned(card, "conflicting_duplicates"));
  EXPECT_TRUE(warned(card, "drift"));
}

TEST_F(TableTrainerTest, a_validation_table_replaces_the_folds) {
  sample::write_churn_sample(folder_ / "a.csv", 2000, 1);
  sample::write_churn_sample(folder_ / "b.csv", 1000, 2);
  TableTrainOptions options;
  options.data = {folder_ / "a.csv"};
  options.validation = {folder_ / "b.csv"};
  options.columns.target = "Churn";
  const model::Card card = train(options).card;
  EXPECT_EQ(card.metrics["validation"]["rows"], 1000);
  EXPECT_FALSE(card.metrics.contains("cross_validation"));
  EXPECT_NEAR(card.metrics["test"]["rows"].get<double>(), 400, 3);
}

TEST_F(TableTrainerTest, the_label_depends_on_the_threshold) {
  sample::write_churn_sample(folder_ / "a.csv", 2000, 1);
  TableTrainOptions options;
  options.data = {folder_ / "a.csv"};
  options.columns.target = "Churn";
  options.algorithm = "logistic";
  options.threshold = 0.2;
  const TrainedModel low = train(options);
  EXPECT_EQ(low.card.threshold, 0.2);
  options.threshold = std::nullopt;
  options.threshold_f1 = true;
  const TrainedModel best = train(options);
  EXPECT_LT(best.card.threshold, 0.5);
  options.threshold_f1 = false;
  const auto recall = [](const model::Card& card) {
    return card.metrics["test"]["classes"][1]["recall"].get<double>();
  };
  EXPECT_GT(recall(low.card), recall(train(options).card));
}

TEST_F(TableTrainerTest, too_few_rows_are_rejected) {
  TableTrainOptions options;
  options.data = {file("t.csv", "x,y\n1,a\n2,b\n3,a\n")};
  options.columns.target = "y";
  EXPECT_THROW(train(options), Error);
}

TEST_F(TableTrainerTest, a_class_of_one_row_is_left_out_with_a_warning_and_one_of_four_is_kept) {
  const auto with = [](int rare) {
    std::string text = "x,y\n";
    for (int i = 0; i < 200; ++i) {
      text += std::to_string(i % 37) + (i < rare ? ",c\n" : i % 2 ? ",a\n" : ",b\n");
    }
    return text;
  };
  TableTrainOptions options;
  options.columns.target = "y";
  options.data = {file("one.csv", with(1))};
  const model::Card one = train(options).card;
  EXPECT_TRUE(warned(one, "small_class"));
  EXPECT_EQ(one.schema.target.classes.size(), 2);
  options.data = {file("four.csv", with(4))};
  const model::Card four = train(options).card;
  EXPECT_TRUE(warned(four, "small_class"));
  EXPECT_EQ(four.schema.target.classes.size(), 3);
}

TEST_F(TableTrainerTest, codes_are_distinguished_from_amounts) {
  Random random(4);
  std::string text = "home,visits,status\n";
  for (int i = 0; i < 3000; ++i) {
    const auto home = random.below(6);
    const auto visits = random.below(8);
    const double margin =
        (home == 1 || home == 4 ? 1.2 : -0.6) + 0.25 * static_cast<double>(visits) - 1;
    text += std::to_string(home) + "," + std::to_string(visits) + "," +
            (random.bernoulli(1 / (1 + std::exp(-margin))) ? "2" : "1") + "\n";
  }
  TableTrainOptions options;
  options.data = {file("t.csv", text)};
  options.columns.target = "status";
  options.algorithm = "logistic";
  const model::Card card = train(options).card;
  EXPECT_EQ(card.schema.columns[0].kind, data::ColumnKind::category);
  EXPECT_EQ(card.schema.columns[1].kind, data::ColumnKind::number);
  EXPECT_TRUE(warned(card, "codes"));
  EXPECT_EQ(card.schema.columns[0].code_of_text("4.0"), 4);
  EXPECT_TRUE(warned(card, "positive_class"));
  options.columns.keep = {"home"};
  EXPECT_EQ(train(options).card.schema.columns[0].kind, data::ColumnKind::number);
}

/// Prices that depend on size (not linearly), quality and district; their errors grow with size.
std::string houses(int rows, int seed, bool counts) {
  Random random(static_cast<std::uint64_t>(seed));
  std::string text = "size,quality,district,built,price\n";
  for (int i = 0; i < rows; ++i) {
    const double size = 20 + 180 * random.uniform();
    const auto quality = static_cast<double>(random.below(5));
    const auto district = random.below(3);
    const double level = 50 + size * (1 + 0.3 * quality) + (size > 120 ? 80 : 0) +
                         60 * static_cast<double>(district);
    const double price = std::max(0.0, level + random.normal() * size / 5);
    text += std::to_string(size) + "," + std::to_string(static_cast<int>(quality)) + "," +
            (district == 0   ? "north"
             : district == 1 ? "South"
                             : "old town") +
            ",20" + std::to_string(10 + random.below(15)) + "-0" +
            std::to_string(1 + random.below(9)) + "-15," +
            (counts ? std::to_string(std::lround(price / 60))
                    : "\"$" + std::to_string(std::lround(price)) + ",000.50\"") +
            "\n";
  }
  return text;
}

/// With an algorithm each: without optimisation and under a sanitizer one takes minutes.
class NumberTrainerTest : public TableTrainerTest,
                          public testing::WithParamInterface<std::string> {};

TEST_P(NumberTrainerTest, intervals_cover_their_level) {
  TableTrainOptions options;
  options.data = {file("houses.csv", houses(3000, 1, false))};
  options.test = {file("others.csv", houses(3000, 2, false))};
  options.columns.target = "price";
  options.algorithm = GetParam();
  const TrainedModel model = train(options);
  const Json& test = model.card.metrics["test"];
  EXPECT_GT(test["r2"].get<double>(), 0.9);
  EXPECT_NEAR(test["interval_coverage"].get<double>(), 0.9, 0.02);
  EXPECT_LE(model.largest_difference, 1e-5);
  ASSERT_TRUE(model.card.schema.target.number);
  EXPECT_TRUE(warned(model.card, "number_format")) << "the target has one, too";
  const Json& folds = model.card.metrics["cross_validation"];
  EXPECT_NEAR(folds["rmse"].get<double>() / test["rmse"].get<double>(), 1, 0.1);
  EXPECT_EQ(model.card.importance.columns[0].key, "size");
  if (GetParam() == "auto") {
    // The error of this noise is 25.7 thousand on the mean of sizes; trees find the step at 120.
    EXPECT_EQ(model.card.algorithm, "trees");
    EXPECT_LT(test["rmse"].get<double>(), 27.5e3);
  }
}

INSTANTIATE_TEST_SUITE_P(EachAlgorithm, NumberTrainerTest,
                         testing::Values("linear", "trees", "auto"),
                         [](const auto& each) { return each.param; });

TEST_F(TableTrainerTest, counts_and_skewed_numbers_have_their_own_scales) {
  TableTrainOptions options;
  options.data = {file("counts.csv", houses(2500, 3, true))};
  options.columns.target = "price";
  options.columns.task = data::SchemaOptions::Task::regression;
  const TrainedModel counts = train(options);
  EXPECT_TRUE(counts.card.schema.target.number->whole_numbers);
  EXPECT_NEAR(counts.card.metrics["test"]["interval_coverage"].get<double>(), 0.9, 0.06);

  Random random(4);
  std::string text = "x,kind,income\n";
  for (int i = 0; i < 3000; ++i) {
    const double x = random.normal();
    text += std::to_string(x) + "," + (i % 2 ? "a" : "b") + "," +
            std::to_string(std::exp(6 + x + 0.5 * (i % 2) + 0.3 * random.normal())) + "\n";
  }
  options.data = {file("incomes.csv", text)};
  options.columns.target = "income";
  options.algorithm = "linear";
  const TrainedModel linear = train(options);
  EXPECT_EQ(linear.card.schema.target.number->link, data::Link::log1p);
  EXPECT_NEAR(linear.card.metrics["test"]["interval_coverage"].get<double>(), 0.9, 0.05);
  // exp(0.3 noise) has a relative deviation of about 0.3.
  EXPECT_GT(linear.card.metrics["test"]["r2"].get<double>(), 0.75);
}

TEST_F(TableTrainerTest, many_equal_numbers_and_few_rows_are_split_all_the_same) {
  TableTrainOptions options;
  options.columns.target = "y";
  options.columns.task = data::SchemaOptions::Task::regression;
  for (const bool low : {true, false}) {
    Random random(9);
    std::string text = "a,b,y\n";
    for (int i = 0; i < 600; ++i) {
      const double a = random.normal();
      const bool rare = a > 1.6;
      const std::string amount = std::to_string(10 + random.below(80));
      text += std::to_string(a) + "," + std::to_string(random.normal()) + "," +
              (rare  ? amount
               : low ? "0"
                     : "100") +
              "\n";
    }
    options.data = {file("equal.csv", text)};
    const TrainedModel model = train(options);
    EXPECT_NEAR(model.card.metrics["test"]["rows"].get<double>(), 120, 15);
  }
  for (const int rows : {20, 36, 60}) {
    options.columns.target = "price";
    options.data = {file("few.csv", houses(rows, 1, false))};
    const TrainedModel model = train(options);
    EXPECT_GE(model.card.metrics["test"]["rows"].get<int>(), rows / 5 - 2) << rows;
    EXPECT_TRUE(model.card.metrics["test"].contains("rmse")) << rows;
  }
}

TEST_F(TableTrainerTest, heavy_tails_are_within_the_tolerance_of_the_last_check) {
  Random random(3);
  std::string text = "x,y\n";
  for (int i = 0; i < 500; ++i) {
    text += std::to_string(random.normal()) + "," +
            (i % 200 == 7 ? "1000000" : std::to_string(random.uniform() * 10)) + "\n";
  }
  TableTrainOptions options;
  options.data = {file("tails.csv", text)};
  options.columns.target = "y";
  for (const char* algorithm : {"linear", "trees"}) {
    options.algorithm = algorithm;
    EXPECT_LE(train(options).largest_difference, 1e-5);
  }
}

TEST_F(TableTrainerTest, options_of_classes_are_refused_for_numbers) {
  TableTrainOptions options;
  options.data = {file("houses.csv", houses(200, 1, false))};
  options.columns.target = "price";
  options.threshold = 0.3;
  EXPECT_THROW(train(options), Error);
  options.threshold.reset();
  options.algorithm = "logistic";
  EXPECT_THROW(train(options), Error);
  options.algorithm = "auto";
  options.columns.positive = "1";
  EXPECT_THROW(train(options), Error);
  options.columns.positive.reset();
  options.columns.target = "district";
  options.columns.task = data::SchemaOptions::Task::regression;
  EXPECT_THROW(train(options), Error);
}

}  // namespace
}  // namespace vitrine::train
