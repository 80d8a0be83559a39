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
  // NaN rows of x stay NaN in the sums of `group`: models predict them, this one does not.
  EXPECT_EQ(found[1].means.size(), 2U);
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
