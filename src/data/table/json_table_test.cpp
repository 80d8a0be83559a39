#include "data/table/json_table.h"

#include "data/table/table_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/table/schema_inference.h"

namespace vitrine::data {
namespace {

using Cells = std::vector<std::string>;

Cells cells(const RawTable& table, const std::string& name) {
  const RawColumn& column = *table.find(name);
  Cells out;
  for (const auto code : column.codes) out.push_back(column.texts[code]);
  return out;
}

Error error_of(const std::string& text) {
  try {
    read_json_table(text, "t");
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error for " << text;
  return {ErrorKind::failed, "", "", ""};
}

TEST(JsonTable, reads_lines_and_arrays) {
  const std::string rows[] = {R"({"age":68,"plan":"a","vip":true})",
                              R"({"plan":"b","age":2.50,"extra":null})",
                              R"({"age":-1,"plan":"a","extra":"x"})"};
  for (const std::string& text : {rows[0] + "\n\n" + rows[1] + "\r\n" + rows[2],
                                  "[" + rows[0] + ",\n" + rows[1] + "," + rows[2] + "]\n"}) {
    ASSERT_TRUE(is_json_text(text));
    const RawTable table = read_table(text, "t");
    EXPECT_EQ(table.rows, 3);
    EXPECT_EQ(table.names(), (Cells{"age", "plan", "vip", "extra"}));
    EXPECT_EQ(cells(table, "age"), (Cells{"68", "2.5", "-1"}));
    EXPECT_EQ(cells(table, "plan"), (Cells{"a", "b", "a"}));
    EXPECT_EQ(cells(table, "vip"), (Cells{"true", "", ""}));
    EXPECT_EQ(cells(table, "extra"), (Cells{"", "", "x"}));
    EXPECT_EQ(table.row_offsets.size(), 3);
  }
}

TEST(JsonTable, reads_objects_over_several_lines) {
  const RawTable table =
      read_json_table("{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n{\n  \"a\": 2\n} {\"b\": \"y\"}\n", "t");
  EXPECT_EQ(table.rows, 3);
  EXPECT_EQ(cells(table, "a"), (Cells{"1", "2", ""}));
  EXPECT_EQ(cells(table, "b"), (Cells{"x", "", "y"}));
  EXPECT_EQ(error_of("{\n\"a\": 1\n}\n{\n\"a\" 2\n}\n").where, "t, line 4");
  EXPECT_EQ(error_of("{\n\"a\": 1\n}\n{\n\"a\": ").kind, ErrorKind::malformed);
  EXPECT_EQ(error_of("{\n\"a\": [1]\n}\n").where, "t, line 1");
}

TEST(JsonTable, errors_name_the_line) {
  EXPECT_EQ(error_of("{\"a\":1}\n{\"a\":[1]}\n").where, "t, line 2");
  EXPECT_EQ(error_of("{\"a\":1}\n{\"a\":1,\"a\":2}\n").where, "t, line 2");
  EXPECT_EQ(error_of("{\"a\":1}\n5\n").where, "t, line 2");
  EXPECT_TRUE(error_of("{\"a\":1}\n{\"a\":\n").where.starts_with("t, line 2"));
  EXPECT_EQ(error_of("[]").message, "there are no rows");
}

TEST(JsonTable, numbers_are_plain_whatever_strings_look_like) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += "{\"price\":\"" + std::to_string(i) + ",5\",\"dist\":" + std::to_string(1 + i % 9) +
            "." + std::to_string(101 + i) + "}\n";
  }
  std::vector<Warning> warnings;
  const TableSchema schema = infer_columns(read_json_table(text, "t"), {}, warnings);
  EXPECT_EQ(schema.find("price")->format.decimal, ',');
  EXPECT_TRUE(schema.find("dist")->format.plain);
  EXPECT_LT(schema.find("dist")->quantiles.back(), 10);
}

TEST(JsonTable, many_different_numbers_become_numbers) {
  std::string text;
  for (int i = 0; i < 70000; ++i) text += "{\"x\":" + std::to_string(i) + ".5}\n";
  const RawTable table = read_json_table(text, "t");
  ASSERT_EQ(table.columns[0].form, RawColumn::Form::numbers);
  EXPECT_EQ(table.columns[0].numbers[69999], 69999.5);
}

}  // namespace
}  // namespace vitrine::data
