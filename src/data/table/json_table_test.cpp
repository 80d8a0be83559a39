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

TEST(JsonTable, parts_are_joined) {
  // Rows of some 100 bytes in several parts: a key that is in few rows, one that comes late.
  std::string text;
  constexpr std::size_t kRows = 30'000;
  for (std::size_t i = 0; i < kRows; ++i) {
    text += R"({"id":)" + std::to_string(i) + R"(,"kind":"kind)" + std::to_string(i % 7) + "\"";
    if (i % 10'007 == 5) text += R"(,"rare":"r")";
    if (i > 20'000) text = text + R"(,"late":)" + std::to_string(i % 3) + ".5";
    text += R"(,"text":"some words that make the row longer than it was before"})"
            "\n";
  }
  const RawTable table = read_json_table(text, "t");
  ASSERT_EQ(table.rows, kRows);
  EXPECT_EQ(table.names(), (Cells{"id", "kind", "text", "rare", "late"}));
  const Cells ids = cells(table, "id");
  const Cells kinds = cells(table, "kind");
  const Cells rare = cells(table, "rare");
  const Cells late = cells(table, "late");
  for (std::size_t i = 0; i < kRows; ++i) {
    ASSERT_EQ(ids[i], std::to_string(i));
    ASSERT_EQ(kinds[i], "kind" + std::to_string(i % 7));
    ASSERT_EQ(rare[i], i % 10'007 == 5 ? "r" : "");
    ASSERT_EQ(late[i], i > 20'000 ? std::to_string(i % 3) + ".5" : "");
    ASSERT_TRUE(
        std::string_view(text).substr(table.row_offsets[i]).starts_with("{\"id\":" + ids[i]));
  }
  text.insert(table.row_offsets[25'000] + 1, "[");
  EXPECT_TRUE(error_of(text).where.starts_with("t, line 25001")) << error_of(text).where;
}

}  // namespace
}  // namespace vitrine::data
