#include "data/table/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "data/table/csv.h"
#include "data/table/schema_inference.h"
#include "data/table/split.h"

namespace vitrine::data {
namespace {

TableSchema schema_of(const std::string& text, const std::string& target) {
  std::vector<Warning> warnings;
  return infer_schema(read_csv(text, "train.csv"), {.target = target}, warnings);
}

std::string training_text() {
  std::string text = "tenure,Contract,Churn\n";
  for (int i = 0; i < 60; ++i) {
    text +=
        std::to_string(i % 20) + (i % 2 ? ",One year," : ",Two year,") + (i % 3 ? "No\n" : "Yes\n");
  }
  return text;
}

TEST(Table, texts_keep_their_scores_when_rows_are_chosen_and_appended) {
  const Texts texts{{"a", "b", "c"}, {{1, 2, 3}, {10, 20, 30}}};
  Texts chosen = texts.subset(std::vector<std::uint32_t>{2, 0});
  EXPECT_EQ(chosen.texts, (std::vector<std::string>{"c", "a"}));
  EXPECT_EQ(chosen.scores, (std::vector<Numbers>{{3, 1}, {30, 10}}));
  chosen.append(texts);
  EXPECT_EQ(chosen.texts, (std::vector<std::string>{"c", "a", "a", "b", "c"}));
  EXPECT_EQ(chosen.scores, (std::vector<Numbers>{{3, 1, 1, 2, 3}, {30, 10, 10, 20, 30}}));
  Texts none;
  none.append(texts);
  EXPECT_EQ(none.scores, texts.scores);
  none.append({});
  EXPECT_EQ(none.scores, texts.scores);
  EXPECT_TRUE(texts.subset({}).texts.empty());
}

TEST(Table, free_text_is_scored_when_it_is_read) {
  Column column{.name = "note", .key = "note", .kind = ColumnKind::text, .optional = true};
  column.text = std::make_shared<TextScorer>(TextModel{{"good"}, {}, {1}, {{2}}, {-1}});
  TableSchema schema{.columns = {column}};
  std::vector<Warning> warnings;
  const auto raw = read_csv("note\nGood!\nNA\n\"\"\ngood good\nbad\n", "t");
  const Table table = apply_schema(schema, raw, {}, warnings);
  EXPECT_EQ(table.columns[0].texts().texts[1], "NA");
  EXPECT_EQ(table.columns[0].texts().scores, (std::vector<Numbers>{{1, -1, -1, 1, -1}}));
  EXPECT_TRUE(warnings.empty());
}

TEST(Table, reads_a_table_with_its_columns_in_another_order_and_case) {
  const TableSchema schema = schema_of(training_text(), "Churn");
  const std::string text = "CONTRACT,extra,Tenure\none_year,9,3\nTWO YEAR,9,4.5\n";
  std::vector<Warning> warnings;
  const Table table = apply_schema(schema, read_csv(text, "t"), {}, warnings);
  EXPECT_EQ(table.columns[0].numbers(), (std::vector<float>{3, 4.5F}));
  EXPECT_EQ(table.columns[1].codes(), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_TRUE(table.labels.empty());
  EXPECT_TRUE(warnings.empty());
}

TEST(Table, warns_about_unseen_categories_and_new_missing_values) {
  const TableSchema schema = schema_of(training_text(), "Churn");
  const std::string text = "tenure,Contract,Churn\n,weekly,Yes\n1,One year,maybe\n";
  std::vector<Warning> warnings;
  const Table table = apply_schema(schema, read_csv(text, "t"), {}, warnings);
  EXPECT_TRUE(std::isnan(table.columns[0].numbers()[0]));
  EXPECT_EQ(table.columns[1].codes()[0], kUnseenCode);
  EXPECT_EQ(table.labels, (std::vector<int>{1, -1}));
  ASSERT_EQ(warnings.size(), 3);
  EXPECT_NE(warnings[1].message.find("weekly"), std::string::npos);
}

TEST(Table, text_among_numbers_is_missing_with_a_warning) {
  const TableSchema schema = schema_of(training_text(), "Churn");
  const std::string text = "tenure,Contract\n1,One year\nsoon,One year\nsoon,One year\n";
  std::vector<Warning> warnings;
  const Table table = apply_schema(schema, read_csv(text, "t.csv"), {}, warnings);
  EXPECT_TRUE(std::isnan(table.columns[0].numbers()[1]));
  ASSERT_EQ(warnings.size(), 1);
  EXPECT_EQ(warnings[0].code, "bad_cell");
  EXPECT_TRUE(warnings[0].message.contains("2 of 3 rows have texts"));
}

TEST(Table, refused_text_among_numbers_is_an_error_with_its_line) {
  const TableSchema schema = schema_of(training_text(), "Churn");
  const std::string text = "tenure,Contract\n1,One year\nsoon,One year\n";
  std::vector<Warning> warnings;
  try {
    apply_schema(schema, read_csv(text, "t.csv"), {.refuse_bad_cells = true}, warnings);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.where, "t.csv, line 3");
    EXPECT_EQ(error.field, "tenure");
    EXPECT_NE(error.message.find("'soon' is not a number"), std::string::npos);
  }
}

TEST(Table, the_error_for_a_missing_column_names_the_closest_one) {
  const TableSchema schema = schema_of(training_text(), "Churn");
  const std::string text = "tenur,Contract\n1,One year\n";
  std::vector<Warning> warnings;
  try {
    apply_schema(schema, read_csv(text, "t.csv"), {}, warnings);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.hint.find("did you mean 'tenur'?"), 0);
  }
}

Table labelled_rows(std::size_t rows, std::size_t distinct) {
  Table table;
  table.rows = rows;
  table.columns.resize(1);
  for (std::size_t i = 0; i < rows; ++i) {
    table.columns[0].numbers().push_back(static_cast<float>(i % distinct));
    table.labels.push_back(i % distinct % 5 == 0 ? 1 : 0);
  }
  return table;
}

TEST(Split, is_stratified_and_depends_only_on_the_seed) {
  const Table table = labelled_rows(1000, 1000);
  const Split split = split_rows(table, 1, true);
  std::size_t test = 0;
  std::size_t positive = 0;
  for (std::size_t row = 0; row < table.rows; ++row) {
    if (split.fold[row] != kTestFold) continue;
    ++test;
    positive += static_cast<std::size_t>(table.labels[row]);
  }
  EXPECT_EQ(test, 200);
  EXPECT_EQ(positive, 40);
  EXPECT_EQ(split.fold, split_rows(table, 1, true).fold);
  EXPECT_NE(split.fold, split_rows(table, 2, true).fold);
}

TEST(Split, keeps_duplicates_in_one_fold_and_counts_conflicts) {
  Table table = labelled_rows(1000, 100);
  const Split split = split_rows(table, 3, true);
  EXPECT_FALSE(split.row_by_row);
  for (std::size_t row = 100; row < table.rows; ++row) {
    EXPECT_EQ(split.fold[row], split.fold[row % 100]);
  }
  EXPECT_EQ(split.duplicate_rows, 900);
  EXPECT_EQ(split.conflicting_rows, 0);
  table.labels[500] = 1 - table.labels[500];
  EXPECT_EQ(split_rows(table, 3, true).conflicting_rows, 10);
}

TEST(Split, tables_with_few_different_rows_are_split_row_by_row) {
  const Split split = split_rows(labelled_rows(1000, 4), 1, true);
  EXPECT_TRUE(split.row_by_row);
  EXPECT_EQ(std::ranges::count(split.fold, kTestFold), 200);
}

TEST(Split, a_group_too_large_for_one_fold_is_split_row_by_row) {
  Table table = labelled_rows(3000, 3000);
  for (std::size_t row = 0; row < 2100; ++row) {  // 70 % are equal, a tenth of them positive
    table.columns[0].numbers()[row] = table.columns[0].numbers()[0];
    table.labels[row] = row % 10 == 0 ? 1 : 0;
  }
  for (const std::uint64_t seed : {1U, 3U, 7U}) {
    const Split split = split_rows(table, seed, true);
    EXPECT_FALSE(split.row_by_row);
    EXPECT_EQ(split.common_rows, 2100);
    std::array<std::size_t, 256> rows{};
    std::array<std::size_t, 256> positives{};
    std::size_t all_positives = 0;
    for (std::size_t row = 0; row < table.rows; ++row) {
      ++rows[split.fold[row]];
      positives[split.fold[row]] += static_cast<std::size_t>(table.labels[row]);
      all_positives += static_cast<std::size_t>(table.labels[row]);
    }
    EXPECT_NEAR(static_cast<double>(rows[kTestFold]), 600, 5);
    EXPECT_NEAR(static_cast<double>(positives[kTestFold]), static_cast<double>(all_positives) / 5,
                3);
    for (std::size_t i = 0; i < kFolds; ++i) {
      EXPECT_NEAR(static_cast<double>(rows[i]), 480, 5);
      EXPECT_NEAR(static_cast<double>(positives[i]), 0.16 * static_cast<double>(all_positives), 3);
    }
  }
}

/// Rows of a class among the test rows.
std::size_t test_rows_of(const Table& table, const Split& split, int label) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < table.rows; ++row) {
    count += split.fold[row] == kTestFold && table.labels[row] == label ? 1 : 0;
  }
  return count;
}

TEST(Split, a_group_with_much_of_a_rare_class_is_split_row_by_row) {
  // 200 of 2,000 rows are positive; 70 of them are the same row, 3.5 % of the table.
  Table table = labelled_rows(2000, 2000);
  for (std::size_t row = 0; row < 2000; ++row) table.labels[row] = row < 200 ? 1 : 0;
  for (std::size_t row = 0; row < 70; ++row) table.columns[0].numbers()[row] = -1;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Split split = split_rows(table, seed, true);
    EXPECT_EQ(split.common_rows, 70);
    EXPECT_NEAR(static_cast<double>(test_rows_of(table, split, 1)), 40, 2);
    EXPECT_NEAR(static_cast<double>(test_rows_of(table, split, 0)), 360, 2);
  }
}

TEST(Split, groups_with_both_classes_keep_the_class_shares) {
  // 15 groups of 49 rows with both classes, and 265 unique rows.
  Table table = labelled_rows(1000, 1000);
  for (std::size_t row = 0; row < 735; ++row) {
    table.columns[0].numbers()[row] = static_cast<float>(row / 49) - 100;
  }
  for (std::size_t row = 0; row < 1000; ++row) table.labels[row] = row * 7 % 10 < 3 ? 1 : 0;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Split split = split_rows(table, seed, true);
    EXPECT_EQ(split.common_rows, 0);
    EXPECT_NEAR(static_cast<double>(test_rows_of(table, split, 1)), 60, 8);
    EXPECT_NEAR(static_cast<double>(test_rows_of(table, split, 0)), 140, 12);
  }
}

TEST(Split, groups_of_many_sizes_keep_the_sizes_of_the_folds) {
  // 120 groups of 1 to 40 rows: if groups were counted instead of rows, folds would differ by a
  // hundred rows.
  Table table;
  table.columns.emplace_back();
  for (std::size_t group = 0; group < 120; ++group) {
    for (std::size_t i = 0; i <= group % 40; ++i) {
      table.columns[0].numbers().push_back(static_cast<float>(group));
      table.labels.push_back(group % 3 == 0 ? 1 : 0);
    }
  }
  table.rows = table.labels.size();
  const Split split = split_rows(table, 1, true);
  EXPECT_EQ(split.common_rows, 0);
  const auto test = static_cast<double>(std::ranges::count(split.fold, kTestFold));
  EXPECT_NEAR(test / static_cast<double>(table.rows), 0.2, 0.02);
  for (std::size_t row = 1; row < table.rows; ++row) {
    if (table.columns[0].numbers()[row] == table.columns[0].numbers()[row - 1]) {
      EXPECT_EQ(split.fold[row], split.fold[row - 1]);
    }
  }
}

TEST(Split, without_test_rows_every_row_has_a_fold) {
  const Split split = split_rows(labelled_rows(500, 500), 1, false);
  std::vector<int> counts(kFolds, 0);
  for (const auto fold : split.fold) ++counts.at(fold);
  EXPECT_EQ(counts, std::vector<int>(kFolds, 100));
}

}  // namespace
}  // namespace vitrine::data
