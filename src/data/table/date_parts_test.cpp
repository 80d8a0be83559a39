#include "data/table/date_parts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "data/table/csv.h"
#include "data/table/schema_inference.h"

namespace vitrine::data {
namespace {

TEST(DateParts, are_those_of_the_calendar) {
  const double days = 19929.75;  // Thursday 2024-07-25 18:00
  EXPECT_EQ(date_part(DatePart::days, days, 19900), 29.75F);
  EXPECT_EQ(date_part(DatePart::year, days, 0), 2024);
  EXPECT_EQ(date_part(DatePart::month, days, 0), 7);
  EXPECT_EQ(date_part(DatePart::day, days, 0), 25);
  EXPECT_EQ(date_part(DatePart::weekday, days, 0), 4);
  EXPECT_EQ(date_part(DatePart::hour, days, 0), 18);
  EXPECT_EQ(date_part(DatePart::weekday, -1, 0), 3) << "1969-12-31 was a Wednesday";
  EXPECT_EQ(date_part(DatePart::year, -1, 0), 1969);
  EXPECT_TRUE(std::isnan(date_part(DatePart::year, std::numeric_limits<double>::quiet_NaN(), 0)));
}

TableSchema inferred(const std::string& text, std::vector<Warning>& warnings,
                     const SchemaOptions& options = {}) {
  return infer_columns(read_csv(text, "t"), options, warnings);
}

TEST(DateParts, a_column_of_dates_has_the_parts_that_differ) {
  std::string text = "start,end,paid,x\n";
  for (int i = 0; i < 60; ++i) {
    const std::string day = std::to_string(10 + i % 19);
    text += "2024-0" + std::to_string(1 + i % 9) + "-" + day + ",2025-01-" + day + " 0" +
            std::to_string(i % 10) + ":30,2024-" + (i % 2 ? "05" : "06") + "," +
            std::to_string(i * i) + "\n";
  }
  std::vector<Warning> warnings;
  const TableSchema schema = inferred(text, warnings);
  ASSERT_EQ(schema.columns.size(), 4U);
  using Parts = std::vector<DatePart>;
  EXPECT_EQ(schema.columns[0].parts,
            (Parts{DatePart::days, DatePart::month, DatePart::day, DatePart::weekday}));
  EXPECT_EQ(schema.columns[1].parts,
            (Parts{DatePart::days, DatePart::day, DatePart::weekday, DatePart::hour}));
  EXPECT_TRUE(schema.columns[1].date.times);
  EXPECT_EQ(schema.columns[1].since, (std::vector<std::string>{"start"}));
  EXPECT_EQ(schema.columns[2].parts, (Parts{DatePart::days, DatePart::month}))
      << "months have no weekday";
  EXPECT_EQ(schema.columns[3].kind, ColumnKind::number);
  EXPECT_TRUE(warnings.empty()) << warnings[0].message;
  const TableSchema again =
      schema_from_json(to_json([&] {
                         TableSchema with_target = schema;
                         with_target.target = {"y", "y", classes_of_names({"a", "b"})};
                         return with_target;
                       }()),
                       "t");
  EXPECT_EQ(again.columns[1].parts, schema.columns[1].parts);
  EXPECT_EQ(again.columns[1].date, schema.columns[1].date);
  EXPECT_EQ(again.columns[1].since, schema.columns[1].since);
}

TEST(DateParts, an_unclear_order_follows_the_other_columns_or_the_user) {
  std::string text = "a,b,x\n";
  for (int i = 0; i < 40; ++i) {
    const std::string month = std::to_string(1 + i % 9);
    text += month + "/" + std::to_string(2 + i % 7) + "/2024," + month + "/" +
            std::to_string(13 + i % 15) + "/2024," + std::to_string(i) + "\n";
  }
  std::vector<Warning> warnings;
  const TableSchema schema = inferred(text, warnings);
  EXPECT_EQ(schema.columns[0].date.order, DateOrder::month_day_year);
  EXPECT_EQ(warnings[0].code, "date_format");
  warnings.clear();
  EXPECT_EQ(inferred(text, warnings, {.drop = {"b"}, .date_order = DateOrder::month_day_year})
                .columns[0]
                .date.order,
            DateOrder::month_day_year);
}

TEST(DateParts, words_zeros_and_never_are_missing_dates) {
  std::string text = "d,x\n";
  for (int i = 0; i < 100; ++i) {
    const char* other[] = {"0000-00-00", "9999-12-31", "n/a"};
    text += (i % 5 == 0 ? other[i % 3] : "2024-03-" + std::to_string(10 + i % 20)) + "," +
            std::to_string(i) + "\n";
  }
  std::vector<Warning> warnings;
  const TableSchema schema = inferred(text, warnings);
  ASSERT_EQ(schema.columns[0].kind, ColumnKind::date);
  EXPECT_NEAR(schema.columns[0].missing_share, 0.2, 1e-9);
  EXPECT_TRUE(schema.columns[0].means_missing("9999-12-31"));
}

TEST(DateParts, dates_that_stand_for_missing_are_unknown) {
  std::string text = "d,y\n";
  for (int i = 0; i < 60; ++i) {
    text += (i % 10 == 0 ? "01.01.1900" : std::to_string(10 + i % 19) + ".03.2024") +
            (i % 2 ? ",a\n" : ",b\n");
  }
  std::vector<Warning> warnings;
  const RawTable raw = read_csv(text, "t");
  const TableSchema schema =
      infer_schema(raw, {.target = "y", .missing = {"d=01.01.1900"}}, warnings);
  ASSERT_EQ(schema.columns[0].kind, ColumnKind::date);
  EXPECT_EQ(date_text(schema.columns[0].quantiles.front(), false), "2024-03-10");
  const Table table = apply_schema(schema, raw, {}, warnings);
  EXPECT_TRUE(std::isnan(table.columns[0].days()[0]));
  EXPECT_FALSE(std::isnan(table.columns[0].days()[1]));
  EXPECT_TRUE(std::isnan(schema.columns[0].days_of("1900-01-01").value()));
}

TEST(DateParts, numbers_are_dates_only_if_they_look_like_it) {
  std::string text = "day,created_at,amount,phone\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(20240100 + 100 * (i % 9) + 1 + i % 28) + "," +
            std::to_string(1700000000 + i * 86413) + "," + std::to_string(20240000 + i * 37) + "," +
            std::to_string(1700000000 + i * 7919 % 1000000) + "\n";
  }
  std::vector<Warning> warnings;
  const TableSchema schema = inferred(text, warnings, {.keep = {"phone", "amount"}});
  EXPECT_EQ(schema.columns[0].date.form, DateFormat::Form::digits);
  EXPECT_EQ(schema.columns[0].kind, ColumnKind::date);
  EXPECT_EQ(schema.columns[1].kind, ColumnKind::date);
  EXPECT_EQ(schema.columns[1].date.form, DateFormat::Form::seconds);
  EXPECT_EQ(schema.columns[2].kind, ColumnKind::number);
  EXPECT_EQ(schema.columns[3].kind, ColumnKind::number);
}

TEST(DateParts, numbers_that_are_no_dates_are_bad_cells) {
  std::string text = "day,y\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(20240100 + 100 * (i % 9) + 1 + i % 28) + (i % 2 ? ",a\n" : ",b\n");
  }
  std::vector<Warning> warnings;
  const TableSchema schema = infer_schema(read_csv(text, "t"), {.target = "y"}, warnings);
  ASSERT_EQ(schema.columns[0].date.form, DateFormat::Form::digits);
  const std::string bad = "day\n20240101\n20241399\n0000-00-00\n";
  const ReadOptions as_numbers{.keep_all_text = true, .number_keys = number_keys_of(schema)};
  for (const ReadOptions& options : {as_numbers, ReadOptions{.keep_all_text = true}}) {
    warnings.clear();
    const RawTable raw = read_csv(bad, "t", options);
    const Table table = apply_schema(schema, raw, {}, warnings);
    EXPECT_EQ(table.columns[0].days()[0], 19723);
    EXPECT_TRUE(std::isnan(table.columns[0].days()[1]));
    ASSERT_EQ(warnings.size(), 2U);
    EXPECT_EQ(warnings[0].code, "bad_cell");
    EXPECT_NE(warnings[0].message.find("20241399"), std::string::npos);
    EXPECT_EQ(warnings[1].code, "missing_value");
    EXPECT_THROW(apply_schema(schema, raw, {.refuse_bad_cells = true}, warnings), Error);
  }
}

TEST(DateParts, codes_are_no_dates) {
  std::string text = "part,version,customer,y\n";
  for (int i = 0; i < 80; ++i) {
    text += "12-0" + std::to_string(1 + i % 6) + "-03,1.5.1" + std::to_string(i % 4) + "," +
            std::to_string(19110000 + (i * 7919 % 180) * 10000 + 101 + i % 12 * 100) +
            (i % 2 ? ",a\n" : ",b\n");
  }
  std::vector<Warning> warnings;
  const TableSchema schema = infer_columns(read_csv(text, "t"), {.keep = {"customer"}}, warnings);
  for (const Column& column : schema.columns)
    EXPECT_NE(column.kind, ColumnKind::date) << column.name;
}

TEST(DateParts, many_different_times_are_read_without_a_dictionary) {
  std::string text = "at,y\n";
  for (int i = 0; i < 70000; ++i) {
    const std::string seconds = std::to_string(100000 + i).substr(1);
    text += "25.12.2024 0" + seconds.substr(0, 1) + ":" + std::to_string(10 + i % 50) + ":" +
            std::to_string(10 + i / 1200 % 50) + "." + seconds + (i % 2 ? ",a\n" : ",b\n");
  }
  const RawTable raw = read_csv(text, "t");
  ASSERT_EQ(raw.columns[0].form, RawColumn::Form::numbers);
  ASSERT_TRUE(raw.columns[0].dates);
  std::vector<Warning> warnings;
  const TableSchema schema = infer_schema(raw, {.target = "y"}, warnings);
  ASSERT_EQ(schema.columns[0].kind, ColumnKind::date);
  EXPECT_EQ(schema.columns[0].date.order, DateOrder::day_month_year);
  const Table table = apply_schema(schema, raw, {}, warnings);
  EXPECT_EQ(date_text(table.columns[0].days()[0], false), "2024-12-25");
}

}  // namespace
}  // namespace vitrine::data
