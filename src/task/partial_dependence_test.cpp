#include "task/partial_dependence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vitrine::task {
namespace {

/// A table of a number x = 0 to 999, a category that is `a` twice as often as `b`, and a constant.
struct Rows {
  data::TableSchema schema;
  data::Table table;

  Rows() {
    schema.columns = {
        {.name = "x"}, {.name = "group", .kind = data::ColumnKind::category}, {.name = "constant"}};
    schema.columns[1].categories = {{.value = "a", .spelling = "A"},
                                    {.value = "b", .spelling = "B"},
                                    {.value = "never", .spelling = "never"}};
    data::Numbers x, constant;
    data::Codes group;
    for (std::uint32_t i = 0; i < 1000; ++i) {
      x.push_back(static_cast<float>(i));
      constant.push_back(1);
      group.push_back(i % 3 == 2 ? 1 : 0);
    }
    x[500] = std::numeric_limits<float>::quiet_NaN();
    table.rows = 1000;
    table.columns = {{x}, {group}, {constant}};
  }
};

TEST(PartialDependence, is_the_function_of_a_column_in_an_additive_model) {
  const Rows data;
  const auto predict = [](const data::Table& rows) {
    std::vector<float> out;
    for (std::size_t i = 0; i < rows.rows; ++i) {
      out.push_back(2 * rows.columns[0].numbers()[i] + (rows.columns[1].codes()[i] == 1 ? 100 : 0));
    }
    return out;
  };
  const auto found = partial_dependence(data.schema, data.table, {0, 1, 2}, 5, predict);
  ASSERT_EQ(found.size(), 2U);  // a constant has no curve
  EXPECT_EQ(found[0].column, "x");
  ASSERT_GT(found[0].at.size(), 10U);
  for (std::size_t i = 1; i < found[0].at.size(); ++i) {
    EXPECT_NEAR(found[0].means[i] - found[0].means[0], 2 * (found[0].at[i] - found[0].at[0]), 1e-3);
  }
  EXPECT_EQ(found[1].names, (std::vector<std::string>{"A", "B"}));
}

TEST(PartialDependence, of_a_category_is_the_mean_with_each_value) {
  Rows data;
  data.table.columns[0].numbers()[500] = 0;  // was missing
  const auto predict = [](const data::Table& rows) {
    std::vector<float> out;
    for (std::size_t i = 0; i < rows.rows; ++i) {
      out.push_back(rows.columns[1].codes()[i] == 1 ? 7 : rows.columns[0].numbers()[i]);
    }
    return out;
  };
  const auto found = partial_dependence(data.schema, data.table, {1}, 5, predict);
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].means.size(), 2U);
  EXPECT_NEAR(found[0].means[0], 498, 3);  // x of 300 of the rows, evenly spaced
  EXPECT_EQ(found[0].means[1], 7);
}

TEST(PartialDependence, dates_have_a_curve_and_missing_columns_none) {
  Rows data;
  data.schema.columns[0].kind = data::ColumnKind::date;
  data.schema.columns[0].date.times = true;
  data::Days days;
  for (int i = 0; i < 1000; ++i) days.push_back(19'000 + i / 1000.0);
  data.table.columns[0].values = days;
  for (float& x : data.table.columns[2].numbers()) x = std::numeric_limits<float>::quiet_NaN();
  const auto predict = [](const data::Table& rows) {
    std::vector<float> out;
    for (const double day : rows.columns[0].days()) out.push_back(static_cast<float>(day - 19'000));
    return out;
  };
  const auto found = partial_dependence(data.schema, data.table, {0, 2}, 5, predict);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].times);
  EXPECT_NEAR(found[0].means.back(), 0.99, 0.01);
}

TEST(PartialDependence, takes_the_first_columns_of_the_order) {
  const Rows data;
  const auto zero = [](const data::Table& rows) { return std::vector<float>(rows.rows); };
  const auto found = partial_dependence(data.schema, data.table, {1, 0}, 1, zero);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].column, "group");
  EXPECT_TRUE(partial_dependence(data.schema, {}, {0}, 1, zero).empty());
}

}  // namespace
}  // namespace vitrine::task
