#include "data/table/csv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace vitrine::data {
namespace {

std::vector<std::string> cells(const RawTable& table, std::size_t column) {
  std::vector<std::string> out;
  for (const auto code : table.columns[column].codes)
    out.push_back(table.columns[column].texts[code]);
  return out;
}

/// The error of reading `text`; fails the test if there is none.
Error error_of(const std::string& text) {
  try {
    read_csv(text, "t.csv");
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error for: " << text.substr(0, 80);
  return {ErrorKind::failed, "", "", ""};
}

using Cells = std::vector<std::string>;

TEST(Csv, reads_quotes_commas_and_newlines_inside_them) {
  const auto table = read_csv("a,b\n\"x,1\",\"two\nlines\"\n\"say \"\"hi\"\"\",\n", "t.csv");
  EXPECT_EQ(table.rows, 2);
  EXPECT_EQ(cells(table, 0), (Cells{"x,1", "say \"hi\""}));
  EXPECT_EQ(cells(table, 1), (Cells{"two\nlines", ""}));
}

TEST(Csv, accepts_crlf_a_bom_blank_lines_and_a_missing_last_line_end) {
  const auto table = read_csv(
      "\xEF\xBB\xBF"
      "a,b\r\n1,2\r\n\r\n3,4",
      "t.csv");
  EXPECT_EQ(table.names(), (Cells{"a", "b"}));
  EXPECT_EQ(cells(table, 1), (Cells{"2", "4"}));
}

TEST(Csv, finds_the_separator) {
  EXPECT_EQ(read_csv("a;b;c\n1,5;2;3\n", "t").separator, ';');
  EXPECT_EQ(read_csv("a\tb\n1\t2\n", "t").separator, '\t');
  EXPECT_EQ(read_csv("a|b\nx,y|2\n", "t").separator, '|');
  EXPECT_EQ(read_csv("a,b\n\"1;2;3\",2\n", "t").separator, ',');
}

TEST(Csv, a_quote_inside_a_field_is_text) {
  const auto table = read_csv("a,b\n5\" pipe,1\n", "t");
  EXPECT_EQ(cells(table, 0), (Cells{"5\" pipe"}));
}

TEST(Csv, errors_name_the_line) {
  EXPECT_EQ(error_of("a,b\n1,2\n1,2,3\n").where, "t.csv, line 3");
  EXPECT_EQ(error_of("a,b\n\"x\ny\",2\n1\n").where, "t.csv, line 4");
  EXPECT_EQ(error_of("a,b\n1,\"x\n").where, "t.csv, line 2");
  EXPECT_EQ(error_of("a,b\n1,\"x\"y\n").where, "t.csv, line 2");
  EXPECT_EQ(error_of(std::string("a,b\n1,2\n3,\0\n", 12)).where, "t.csv, line 3");
  EXPECT_EQ(error_of("a,b\n1,2\n3,\xFF\n").where, "t.csv, line 3");
  EXPECT_EQ(error_of("a,b\n" + std::string(kMaxFieldBytes + 1, 'x') + ",1\n").where,
            "t.csv, line 2");
}

TEST(Csv, rejects_empty_files_bad_headers_utf16_and_too_many_columns) {
  EXPECT_EQ(error_of("").message, "the file is empty");
  EXPECT_EQ(error_of("a,b\n").message, "the table has a header and no rows");
  EXPECT_NE(error_of("a,b,A \n1,2,3\n").message.find("two columns are called 'A'"),
            std::string::npos);
  EXPECT_NE(error_of("1,2\n3,4\n").message.find("not column names"), std::string::npos);
  EXPECT_NE(error_of("\xFF\xFE"
                     "a")
                .message.find("UTF-16"),
            std::string::npos);
  std::string wide = "c0";
  for (std::size_t i = 1; i <= kMaxColumns; ++i) wide += ",c" + std::to_string(i);
  EXPECT_NE(error_of(wide + "\n").message.find("more than 4,096 columns"), std::string::npos);
}

TEST(Csv, many_different_numbers_change_a_columns_form_and_texts_become_strays) {
  std::string text = "id,x\n";
  for (int i = 0; i < 70000; ++i) {
    text += "name" + std::to_string(i) + "," + (i == 69000 ? "oops" : std::to_string(i)) + "\n";
  }
  const auto table = read_csv(text, "t");
  EXPECT_EQ(table.columns[0].form, RawColumn::Form::free_text);
  ASSERT_EQ(table.columns[1].form, RawColumn::Form::numbers);
  EXPECT_EQ(table.columns[1].numbers[12345], 12345);
  ASSERT_EQ(table.columns[1].strays.size(), 1);
  EXPECT_EQ(table.columns[1].strays[0].row, 69000);
  EXPECT_EQ(table.columns[1].strays[0].text, "oops");
  EXPECT_EQ(read_csv(text, "t", {true}).columns[0].form, RawColumn::Form::dictionary);
}

TEST(Csv, joins_chunks_with_quoted_newlines_at_their_borders) {
  // 12 MB: three chunks. Quoted newlines lie across their borders.
  std::string text = "n,t\n";
  const std::string filler(997, 'x');
  for (int i = 0; i < 12000; ++i) {
    text += std::to_string(i) + ",\"" + filler + "\n" + std::to_string(i % 7) + "\"\n";
  }
  const auto table = read_csv(text, "t");
  ASSERT_EQ(table.rows, 12000);
  for (std::size_t row = 0; row < table.rows; ++row) {
    EXPECT_EQ(table.columns[0].texts[table.columns[0].codes[row]], std::to_string(row));
  }
  EXPECT_EQ(table.columns[1].texts.size(), 7);
  EXPECT_EQ(line_at(text, table.row_offsets[11999], "t"), "t, line 24000");
}

TEST(Csv, distinguishes_texts_of_all_lengths) {
  // Pairs that differ only in their last byte or in their length.
  std::string text = "t,n\n";
  std::vector<std::string> texts;
  for (std::size_t size = 0; size < 70; ++size) {
    texts.push_back(std::string(size, 'a'));
    if (size > 0) texts.push_back(std::string(size - 1, 'a') + "b");
  }
  for (int round = 0; round < 3; ++round) {
    for (const std::string& one : texts) text += one + ",1\n";
  }
  const RawTable table = read_csv(text, "t");
  ASSERT_EQ(table.columns[0].texts, texts);
  for (std::size_t row = 0; row < table.rows; ++row) {
    EXPECT_EQ(table.columns[0].codes[row], row % texts.size());
  }
}

TEST(Csv, columns_in_number_keys_are_read_as_numbers) {
  const RawTable table = read_csv("a,b\n1,x\n 2.5 ,y\nnone,x\n\"-3\",x\n", "t",
                                  {.keep_all_text = true, .number_keys = {"a"}});
  EXPECT_EQ(table.columns[0].form, RawColumn::Form::numbers);
  EXPECT_EQ(table.columns[0].numbers[1], 2.5);
  EXPECT_TRUE(std::isnan(table.columns[0].numbers[2]));
  EXPECT_EQ(table.columns[0].numbers[3], -3);
  ASSERT_EQ(table.columns[0].strays.size(), 1U);
  EXPECT_EQ(table.columns[0].strays[0].row, 2U);
  EXPECT_EQ(table.columns[0].strays[0].text, "none");
  EXPECT_EQ(table.columns[1].form, RawColumn::Form::dictionary);
}

TEST(Csv, parts_have_the_same_rows_as_the_whole_table) {
  std::string text = "n,t\r\n";
  for (int i = 0; i < 3000; ++i) {
    text += std::to_string(i) + ",\"a\n\"\"" + std::to_string(i % 7) + "\"\r\n";
    if (i % 100 == 0) text += "\r\n";
  }
  text.pop_back();  // a single CR at the end
  const RawTable whole = read_csv(text, "t");
  for (const std::size_t bytes : {1U, 100U, 5000U, 1U << 20}) {
    const CsvParts parts(text, "t", {}, bytes);
    EXPECT_EQ(parts.count() > 1, bytes < 1U << 20);
    std::size_t row = 0;
    for (std::size_t i = 0; i < parts.count(); ++i) {
      const RawTable part = parts.read(i);
      EXPECT_EQ(part.names(), whole.names());
      for (std::size_t r = 0; r < part.rows; ++r, ++row) {
        ASSERT_EQ(part.row_offsets[r], whole.row_offsets[row]);
        for (const std::size_t c : {0U, 1U}) {
          ASSERT_EQ(part.columns[c].texts[part.columns[c].codes[r]],
                    whole.columns[c].texts[whole.columns[c].codes[row]]);
        }
      }
    }
    EXPECT_EQ(row, whole.rows);
  }
  EXPECT_THROW(CsvParts("a,b\n\n\r\n", "t", {}, 100), Error);
}

TEST(Csv, columns_that_are_not_requested_are_checked_but_not_kept) {
  const RawTable table = read_csv("a,Other One,b\n1,x,2\n3,\"y,z\",4\n", "t", {.keys = {"a", "b"}});
  EXPECT_EQ(table.rows, 2U);
  EXPECT_EQ(table.columns[0].texts, (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(table.columns[1].form, RawColumn::Form::free_text);
  EXPECT_TRUE(table.columns[1].texts.empty());
  EXPECT_EQ(table.columns[2].texts, (std::vector<std::string>{"2", "4"}));
  EXPECT_THROW(read_csv("a,b\n1,\"open\n", "t", {.keys = {"a"}}), Error);
}

}  // namespace
}  // namespace vitrine::data
