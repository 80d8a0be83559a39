#include "report/slices.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace vitrine::report {
namespace {

struct Rows {
  data::TableSchema schema;
  data::Table table;
  std::vector<double> errors;
};

/// Two categories and a number; errors in 10 % of rows, and in `bad` of those of category "b".
Rows rows_with(double bad, std::size_t count) {
  Rows out;
  data::Column kind{.name = "Kind", .key = "kind", .kind = data::ColumnKind::category};
  kind.categories = {{.value = "a", .spelling = "A"}, {.value = "b", .spelling = "B"}};
  data::Column size{.name = "Size", .key = "size"};
  for (int i = 0; i <= 10; ++i) size.quantiles.push_back(i);
  out.schema.columns = {kind, size};
  data::Codes codes;
  data::Numbers numbers;
  Random random(3);
  for (std::size_t i = 0; i < count; ++i) {
    codes.push_back(random.uniform() < 0.3 ? 1 : 0);
    numbers.push_back(static_cast<float>(10 * random.uniform()));
    out.errors.push_back(random.uniform() < (codes.back() == 1 ? bad : 0.1) ? 1 : 0);
  }
  out.table.rows = count;
  out.table.columns = {{codes}, {numbers}};
  return out;
}

TEST(Slices, a_bad_category_is_found_and_ranges_by_chance_are_not_called_worse) {
  const Rows rows = rows_with(0.3, 2000);
  const Slices found = worst_slices(rows.schema, rows.table, rows.errors, 10);
  EXPECT_EQ(found.looked_at, 7U);  // two categories, five fifths
  ASSERT_FALSE(found.worst.empty());
  EXPECT_EQ(found.worst[0].column + "=" + found.worst[0].value, "Kind=B");
  EXPECT_TRUE(found.worst[0].worse);
  EXPECT_NEAR(found.worst[0].error.value, 0.3, 0.05);
  EXPECT_NEAR(found.worst[0].others, 0.1, 0.03);
  for (std::size_t i = 1; i < found.worst.size(); ++i) EXPECT_FALSE(found.worst[i].worse);
}

TEST(Slices, without_a_difference_few_are_called_worse) {
  const Rows rows = rows_with(0.1, 2000);
  for (const Slice& one : worst_slices(rows.schema, rows.table, rows.errors, 10).worst) {
    EXPECT_FALSE(one.worse) << one.column << " " << one.value;
  }
}

TEST(Slices, small_groups_missing_values_and_unknown_truths) {
  Rows rows = rows_with(0.3, 200);
  for (std::size_t i = 0; i < 40; ++i) {
    rows.table.columns[1].numbers()[i] = data::Column::kNoNumber;
    rows.table.columns[0].codes()[i] = data::kUnseenCode;
    rows.errors[i] = 1;
  }
  rows.errors[199] = std::numeric_limits<double>::quiet_NaN();
  const Slices found = worst_slices(rows.schema, rows.table, rows.errors, 1);
  ASSERT_EQ(found.worst.size(), 1U);
  EXPECT_EQ(found.worst[0].value, "missing");
  EXPECT_EQ(found.worst[0].rows, 40U);
  EXPECT_DOUBLE_EQ(found.worst[0].error.value, 1);
  const Rows few = rows_with(0.3, 20);
  EXPECT_EQ(worst_slices(few.schema, few.table, few.errors, 5).looked_at, 0U);
}

}  // namespace
}  // namespace vitrine::report
