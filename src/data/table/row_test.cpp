#include "data/table/row.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "data/table/csv.h"
#include "data/table/schema_inference.h"

namespace vitrine::data {
namespace {

const TableSchema& schema() {
  static const TableSchema made = [] {
    std::string text = "tenure,Contract,Total,id,Churn\n";
    for (int i = 0; i < 80; ++i) {
      text += std::to_string(i % 20) + (i % 2 ? ",One year," : ",Two year,") +
              (i % 10 ? std::to_string(i % 7) : "") + ",x" + std::to_string(i) +
              (i % 3 ? ",No\n" : ",Yes\n");
    }
    std::vector<Warning> warnings;
    return infer_schema(read_csv(text, "train.csv"), {.target = "Churn"}, warnings);
  }();
  return made;
}

JsonRows read(std::string_view json) { return read_json_rows(schema(), json, 100); }

Error error_of(std::string_view json) {
  try {
    read(json);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error for " << json;
  return {ErrorKind::failed, "", "", ""};
}

TEST(Row, keys_and_categories_match_without_case) {
  const auto rows = read(R"({"TENURE": 3, "contract": "two year", "total": 2.5})");
  EXPECT_FALSE(rows.array);
  EXPECT_EQ(rows.table.columns[0].numbers()[0], 3);
  EXPECT_EQ(rows.table.columns[1].codes()[0], 1);
  EXPECT_TRUE(rows.warnings[0].empty());
}

TEST(Row, an_array_is_a_batch) {
  const auto rows = read(
      R"([{"tenure": 1, "contract": "one_year"}, {"tenure": "2", "contract": "One Year", "total": null}])");
  EXPECT_TRUE(rows.array);
  EXPECT_EQ(rows.table.rows, 2);
  EXPECT_EQ(rows.table.columns[0].numbers()[1], 2);
  EXPECT_TRUE(std::isnan(rows.table.columns[2].numbers()[0]));
  EXPECT_EQ(read("[]").table.rows, 0);
}

TEST(Row, missing_values_are_accepted_only_in_optional_columns) {
  EXPECT_TRUE(std::isnan(read(R"({"tenure": 1, "contract": "one_year", "total": "NA"})")
                             .table.columns[2]
                             .numbers()[0]));
  const Error absent = error_of(R"({"tenuree": 1, "contract": "one_year"})");
  EXPECT_EQ(absent.kind, ErrorKind::bad_input);
  EXPECT_EQ(absent.field, "tenure");
  EXPECT_NE(absent.hint.find("did you mean 'tenure' by 'tenuree'"), std::string::npos);
  EXPECT_EQ(error_of(R"({"tenure": null, "contract": "one_year"})").field, "tenure");
  EXPECT_EQ(error_of(R"({"tenure": 1, "contract": " "})").field, "contract");
}

TEST(Row, unknown_fields_and_unseen_values_cause_warnings) {
  const auto rows =
      read(R"({"tenure": 1, "contract": "weekly", "colour": 3, "ID": "x", "totl": 1})");
  ASSERT_EQ(rows.warnings[0].size(), 4);
  EXPECT_NE(rows.warnings[0][0].find("'weekly'"), std::string::npos);
  EXPECT_NE(rows.warnings[0][1].find("unknown field 'colour'"), std::string::npos);
  EXPECT_NE(rows.warnings[0][2].find("does not use it"), std::string::npos);
  EXPECT_NE(rows.warnings[0][3].find("did you mean 'total'"), std::string::npos);
  EXPECT_EQ(rows.table.columns[1].codes()[0], kUnseenCode);
}

TEST(Row, values_of_the_wrong_kind_name_field_and_value) {
  for (const char* value : {"\"soon\"", "[1]", "{}", "true", "1e39"}) {
    const Error error =
        error_of(R"({"contract": "one_year", "tenure": )" + std::string(value) + "}");
    EXPECT_EQ(error.kind, ErrorKind::bad_input) << value;
    EXPECT_EQ(error.field, "tenure") << value;
    EXPECT_NE(error.hint.find("takes a number"), std::string::npos) << value;
  }
  for (const char* value : {"5", "[\"one_year\"]", "true"}) {
    EXPECT_EQ(error_of(R"({"tenure": 1, "contract": )" + std::string(value) + "}").field,
              "contract")
        << value;
  }
  EXPECT_EQ(error_of(R"({"tenure": 1, "Tenure": 2, "contract": "one_year"})").field, "tenure");
  EXPECT_EQ(error_of(R"({"tenure": 1e400, "contract": "one_year"})").field, "tenure");
}

TEST(Row, invalid_json_is_malformed_and_names_the_byte) {
  EXPECT_EQ(error_of(R"({"tenure": NaN})").where, "byte 11");
  for (const char* json : {"", "{", R"({"tenure" 1})", "[1,]", "nul", "{\"a\": \"\xFF\"}"}) {
    EXPECT_EQ(error_of(json).kind, ErrorKind::malformed) << json;
  }
  EXPECT_EQ(error_of(std::string(100, '[') + std::string(100, ']')).kind, ErrorKind::malformed);
  EXPECT_EQ(error_of("3").kind, ErrorKind::bad_input);
  EXPECT_EQ(error_of("[3]").where, "row 0");
}

TEST(Row, whole_numbers_beyond_64_bits_are_read) {
  const auto rows = read(
      R"({"tenure": 123456789012345678901234567890, "contract": "one \"1\\", "x": ["12345678901234567890123"]})");
  EXPECT_EQ(rows.table.columns[0].numbers()[0], 1.2345678901234568e29F);
  EXPECT_EQ(read(R"({"tenure": -99999999999999999999, "contract": "one year"})")
                .table.columns[0]
                .numbers()[0],
            -1e20F);
  EXPECT_EQ(error_of(R"({"contract": "one year", "tenure": 1)" + std::string(60, '0') + "}").field,
            "tenure");
}

TEST(Row, too_many_rows_are_rejected) {
  std::string json = "[";
  for (int i = 0; i < 101; ++i) json += i ? ",{}" : "{}";
  EXPECT_NE(error_of(json + "]").message.find("the limit is 100"), std::string::npos);
}

TEST(Row, numbers_beyond_float_are_rejected_even_if_they_round_to_a_float) {
  EXPECT_EQ(error_of(R"({"tenure": -3.4028235e+38, "contract": "one year"})").field, "tenure");
  EXPECT_EQ(error_of(R"({"tenure": 1e39, "contract": "one year"})").field, "tenure");
  EXPECT_EQ(read(R"({"tenure": 3.4e38, "contract": "one year"})").table.columns[0].numbers()[0],
            3.4e38F);
}

TEST(Row, the_fast_path_and_the_general_path_agree) {
  // Each text once in a spelling of the training data and once in one that needs the general path.
  for (const auto& [seen, other] :
       {std::pair{"One year", " oNE_yEAR "}, {"two_year", "TWO YEAR"}}) {
    const auto row = [](const std::string& text) {
      return read(R"({"tenure": 3, "contract": ")" + text + "\"}").table.columns[1].codes()[0];
    };
    EXPECT_EQ(row(seen), row(other));
  }
}

TEST(Row, a_reused_table_keeps_no_old_values) {
  const JsonRowReader reader(schema());
  auto first = reader.read(R"([{"tenure": 1, "contract": "one year", "total": 5},
                               {"tenure": 2, "contract": "two year", "total": 6}])",
                           9);
  const auto second =
      reader.read(R"({"tenure": 3, "contract": "no such"})", 9, std::move(first.table));
  EXPECT_EQ(second.table.rows, 1);
  EXPECT_EQ(second.table.columns[0].numbers(), std::vector<float>{3});
  EXPECT_EQ(second.table.columns[1].codes(), std::vector<std::uint32_t>{kUnseenCode});
  EXPECT_TRUE(std::isnan(second.table.columns[2].numbers().at(0)));
}

TEST(Row, a_bad_cell_is_missing_with_a_warning_where_the_caller_wants_it) {
  const JsonRowReader reader(schema());
  const std::string row = R"({"tenure": "soon", "contract": "one year"})";
  const std::string array = "[" + row + "]";
  const BadCellRule in_array{.in_array = BadCells::missing};
  const JsonRows rows = reader.read(array, 100, {}, in_array);
  EXPECT_TRUE(std::isnan(rows.table.columns[0].numbers()[0]));
  ASSERT_EQ(rows.warnings[0].size(), 1);
  EXPECT_EQ(rows.warnings[0][0],
            "field 'tenure': 'soon' is not a number; it is treated as missing");
  EXPECT_THROW(reader.read(array, 100), Error);
  EXPECT_THROW(reader.read(row, 100, {}, in_array), Error);
  EXPECT_EQ(reader.read(row, 100, {}, {.alone = BadCells::missing}).warnings[0].size(), 1);
  // Only texts: a number out of range or of the wrong kind is refused.
  for (const char* other :
       {R"([{"tenure": 1e39, "contract": "one year"}])",
        R"([{"tenure": true, "contract": "one year"}])", R"([{"tenure": 1, "contract": 7}])"}) {
    EXPECT_THROW(reader.read(other, 100, {}, in_array), Error) << other;
  }
}

TEST(Row, booleans_are_zero_and_one_or_no_and_yes) {
  std::string text = "flag,vip,y\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(i % 2) + (i % 3 ? ",No" : ",Yes") + (i % 5 ? ",a\n" : ",b\n");
  }
  std::vector<Warning> warnings;
  const TableSchema schema = infer_schema(read_csv(text, "t"), {.target = "y"}, warnings);
  const JsonRows rows =
      read_json_rows(schema, R"([{"flag": true, "vip": true}, {"flag": false, "vip": false}])", 9);
  EXPECT_EQ(rows.table.columns[0].numbers(), (std::vector<float>{1, 0}));
  EXPECT_EQ(rows.table.columns[1].codes()[0], schema.columns[1].code_of_text("Yes"));
  EXPECT_EQ(rows.table.columns[1].codes()[1], schema.columns[1].code_of_text("No"));
}

TEST(Row, keys_that_differ_in_case_or_blanks_are_matched_exactly) {
  std::string text = "a b,a_b,Other,y\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(i % 7) + "," + std::to_string(i % 5) + "," + std::to_string(i % 3) +
            (i % 2 ? ",x\n" : ",z\n");
  }
  std::vector<Warning> warnings;
  const TableSchema schema = infer_schema(read_csv(text, "t"), {.target = "y"}, warnings);
  const JsonRows rows = read_json_rows(schema, R"({"a_b": 2, "a b": 1, "OTHER": 0})", 9);
  EXPECT_EQ(rows.table.columns[0].numbers()[0], 1);
  EXPECT_EQ(rows.table.columns[1].numbers()[0], 2);
  EXPECT_THROW(read_json_rows(schema, R"({"A B": 1, "a_b": 2, "other": 0})", 9), Error);
}

}  // namespace
}  // namespace vitrine::data
