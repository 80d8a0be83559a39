#include "data/table/split_keys.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"
#include "data/table/csv.h"

namespace vitrine::data {
namespace {

/// 300 rows of `day` (2024-01-01 and later, out of order), `shop` (30 of them) and `y`.
std::string shops() {
  std::string text = "day,shop,x,y\n";
  for (int i = 0; i < 300; ++i) {
    const int day = i * 7 % 300;
    const std::string month = std::to_string(101 + day / 28).substr(1);
    const std::string of_month = std::to_string(101 + day % 28).substr(1);
    text += "2024-" + month + "-" + of_month + ",s" + std::to_string(i % 30) + "," +
            std::to_string(i % 17) + ".5," + (i % 3 == 0 ? "a" : "b") + "\n";
  }
  return text;
}

Split split(const std::string& text, SchemaOptions options, std::vector<Warning>& warnings) {
  const RawTable raw = read_csv(text, "t");
  const TableSchema schema = infer_schema(raw, options, warnings);
  const Table table = apply_schema(schema, raw, {}, warnings);
  std::vector<std::uint32_t> rows(table.rows);
  std::iota(rows.begin(), rows.end(), 0U);
  return split_as_asked(raw, options, table, rows, {}, warnings);
}

TEST(SplitKeys, rows_of_a_group_stay_together) {
  std::vector<Warning> warnings;
  const Split parts = split(shops(), {.target = "y", .group = "shop"}, warnings);
  std::map<std::size_t, std::uint8_t> fold_of_shop;
  std::map<std::uint8_t, std::size_t> rows_of_fold;
  for (std::size_t i = 0; i < parts.fold.size(); ++i) {
    const auto [place, fresh] = fold_of_shop.emplace(i % 30, parts.fold[i]);
    EXPECT_EQ(place->second, parts.fold[i]);
    ++rows_of_fold[parts.fold[i]];
  }
  EXPECT_EQ(rows_of_fold.size(), kFolds + 1);
  EXPECT_EQ(rows_of_fold[kTestFold], 60);
  EXPECT_EQ(parts.duplicate_rows, 0);
}

TEST(SplitKeys, later_rows_are_the_test_set) {
  std::vector<Warning> warnings;
  const std::string text = shops();
  const Split parts = split(text, {.target = "y", .time = "day"}, warnings);
  const std::vector<double> times = times_of(read_csv(text, "t"), "day", {}, warnings);
  double latest_training = 0;
  double first_held_out = 1e18;
  double first_test = 1e18;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (parts.fold[i] == 1) latest_training = std::max(latest_training, times[i]);
    if (parts.fold[i] == 0) first_held_out = std::min(first_held_out, times[i]);
    if (parts.fold[i] == kTestFold) first_test = std::min(first_test, times[i]);
  }
  EXPECT_LT(latest_training, first_held_out);
  EXPECT_LT(first_held_out, first_test);
  EXPECT_EQ(std::ranges::count(parts.fold, kTestFold), 60);
  EXPECT_EQ(std::ranges::count(parts.fold, std::uint8_t{0}), 48);
}

TEST(SplitKeys, rows_of_one_time_stay_together) {
  const Table table{.rows = 100};
  std::vector<double> times(100);
  for (std::size_t i = 0; i < 100; ++i) times[i] = static_cast<double>(i / 30);
  times[99] = NAN;
  const Split parts = split_by_time(table, times, true);
  EXPECT_EQ(parts.fold[99], 1);  // without a time: before all others
  for (std::size_t i = 1; i < 99; ++i) {
    EXPECT_TRUE(times[i] != times[i - 1] || parts.fold[i] == parts.fold[i - 1]) << i;
  }
  EXPECT_EQ(parts.fold[98], kTestFold);
}

TEST(SplitKeys, groups_are_the_same_for_texts_and_numbers) {
  std::string text = "g,y\n";
  for (int i = 0; i < 140000; ++i) {
    text += (i % 70001 == 70000 ? "A1"
             : i % 2 == 0       ? std::to_string(i / 2)
                                : std::to_string(i / 2) + " ") +
            ",a\n";
  }
  const RawTable raw = read_csv(text, "t");
  ASSERT_EQ(raw.columns[0].form, RawColumn::Form::numbers);
  const std::vector<std::uint64_t> groups = groups_of(raw, "g");
  EXPECT_EQ(groups[10], groups[11]);
  EXPECT_NE(groups[10], groups[12]);
}

TEST(SplitKeys, invalid_columns_are_refused) {
  std::vector<Warning> warnings;
  const RawTable raw = read_csv(shops(), "t");
  EXPECT_THROW(groups_of(raw, "nope"), Error);
  EXPECT_THROW(groups_of(raw, "y"), Error);  // two values only
  EXPECT_THROW(times_of(raw, "shop", {}, warnings), Error);
  EXPECT_EQ(times_of(raw, "x", {}, warnings)[1], 1.5);
  const RawTable ambiguous = read_csv("d,y\n03/04/2024,a\n05/06/2024,b\n", "t");
  times_of(ambiguous, "d", {}, warnings);
  ASSERT_EQ(warnings.size(), 1);
  EXPECT_EQ(warnings[0].code, "ambiguous_dates");
}

}  // namespace
}  // namespace vitrine::data
