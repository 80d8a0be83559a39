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
  EXPECT_EQ(error_of("a,b\n\"x\ny\",2\n1,2,3\n").where, "t.csv, line 4");
  EXPECT_EQ(error_of("a,b\n1,\"x\n").where, "t.csv, line 2");
  EXPECT_EQ(error_of("a,b\n1,\"x\"y\n").where, "t.csv, line 2");
  EXPECT_EQ(error_of(std::string("a,b\n1,2\n3,\0\n", 12)).where, "t.csv, line 3");
  EXPECT_EQ(error_of("a,b\n1,2\n3,\xFF\n").where, "t.csv, line 3");
  EXPECT_EQ(error_of("a,b\n" + std::string(kMaxFieldBytes + 1, 'x') + ",1\n").where,
            "t.csv, line 2");
}

TEST(Csv, rejects_empty_files_utf16_and_too_many_columns) {
  EXPECT_EQ(error_of("").message, "the file is empty");
  EXPECT_EQ(error_of("a,b\n").message, "the table has a header and no rows");
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
                                  {.keep_all_text = true, .number_keys = {{"a", {}}}});
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
    const auto parts = csv_parts(text, "t", {}, bytes);
    std::size_t row = 0;
    std::size_t count = 0;
    while (const auto next = parts->next()) {
      EXPECT_EQ(next->number(), count++);
      const RawTable part = next->read();
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
    EXPECT_EQ(count > 1, bytes < 1U << 20);
  }
  EXPECT_THROW(csv_parts("a,b\n\n\r\n", "t", {}, 100), Error);
}

/// The codes of the warnings about a text.
Cells codes(const std::string& text, const ReadOptions& options = {}) {
  Cells out;
  for (const Warning& one : read_csv(text, "t", options).warnings) out.push_back(one.code);
  return out;
}

const std::string kRows = "1,2.5,no\n2,3.5,yes\n3,4.5,no\n4,5.5,yes\n";

TEST(Csv, skips_titles_and_comments_above_the_header) {
  for (const std::string lines :
       {"# exported 2024-01-01\n", "Report\n\n", "Report, May\n", "#\n#\n"}) {
    const std::string text = lines + "a,b,c,d,e\n1,2,3,4,5\n6,7,8,9,10\n";
    const RawTable table = read_csv(text, "t");
    EXPECT_EQ(table.names(), (Cells{"a", "b", "c", "d", "e"})) << lines;
    EXPECT_EQ(table.rows, 2);
    EXPECT_EQ(codes(text), Cells{"skipped_lines"});
  }
  EXPECT_EQ(read_csv("#id,b\n1,2\n", "t").names(), (Cells{"#id", "b"}));  // it is the header
}

TEST(Csv, reads_the_separator_line_of_excel) {
  const RawTable table = read_csv("sep=;\r\na;b\r\n1,5;2\r\n", "t");
  EXPECT_EQ(table.separator, ';');
  EXPECT_EQ(table.names(), (Cells{"a", "b"}));
  EXPECT_EQ(codes("sep=;\na;b\n1;2\n"), Cells{"separator_line"});
}

TEST(Csv, fills_short_rows_and_ignores_trailing_separators) {
  const std::string text = "a,b,c\n1,2,3\n4,5\n6\n7,8,9,\n";
  const RawTable table = read_csv(text, "t");
  EXPECT_EQ(table.rows, 4);
  EXPECT_EQ(cells(table, 2), (Cells{"3", "", "", "9"}));
  EXPECT_EQ(table.row_notes.short_rows.rows, 2);
  EXPECT_EQ(codes(text), (Cells{"short_rows", "trailing_separators"}));
  EXPECT_TRUE(table.warnings[0].message.contains("the first one is t, line 3"));
  EXPECT_EQ(codes("a,b\n1,2,\n3,4,\n"), Cells{"trailing_separators"});
}

TEST(Csv, takes_one_field_more_than_the_header_as_names_of_rows) {
  const std::string text = "a,b\nr1,1,2\nr2,3,4\n";
  const RawTable table = read_csv(text, "t");
  EXPECT_EQ(table.names(), (Cells{"column_1", "a", "b"}));
  EXPECT_TRUE(table.columns[0].unnamed);
  EXPECT_EQ(cells(table, 2), (Cells{"2", "4"}));
  EXPECT_EQ(codes(text), Cells{"row_names"});
}

TEST(Csv, a_separator_that_is_not_quoted_is_no_name_of_a_row) {
  EXPECT_EQ(error_of("age,income,churn\n68,4830,21,yes\n23,4111,47,yes\n68,6069,01,no\n").message,
            "this row has 4 fields, the header has 3");
}

TEST(Csv, good_first_rows_are_no_titles) {
  using Header = ReadOptions::Header;
  EXPECT_EQ(read_csv("5,,\n1,2,3\n2,3,4\n", "t", {.header = Header::absent}).rows, 3);
  EXPECT_EQ(read_csv("5,,\n1,2,3\n2,3,4\n", "t").rows, 3);
  EXPECT_EQ(read_csv("id,,,\n1,2,3,4\n", "t", {.header = Header::present}).names()[0], "id");
  // An unknown name is no name.
  EXPECT_EQ(read_csv("a,b,c\n1,2,3\n4,,6\n7,8,9\n", "t", {.known_names = {""}}).names(),
            (Cells{"a", "b", "c"}));
}

TEST(Csv, the_decimal_separator_does_not_depend_on_the_size) {
  std::string text = "x|y\n";
  for (int i = 0; i < 70000; ++i) {
    text += std::to_string(1 + i / 1000) + "," + std::to_string(1000 + i % 1000).substr(1) + "|a\n";
  }
  EXPECT_EQ(read_csv(text, "t").columns[0].numbers[12345], 13345);
  EXPECT_EQ(read_csv(text, "t", {.decimal = ','}).columns[0].numbers[12345], 13.345);
  EXPECT_EQ(read_csv(text, "t", {.text_keys = {"y"}}).columns[0].form, RawColumn::Form::numbers);
}

TEST(Csv, skips_titles_that_a_spreadsheet_filled_up) {
  for (const std::string lines : {"Customer report,,,,\n,,,,\n", "Source:,ACME,,,\n"}) {
    const std::string text = lines + "a,b,c,d,e\n1,2,3,4,5\n6,7,8,9,10\n";
    EXPECT_EQ(read_csv(text, "t").names(), (Cells{"a", "b", "c", "d", "e"})) << lines;
    EXPECT_EQ(codes(text), Cells{"skipped_lines"});
  }
  // A name that is known settles where the header is.
  const std::string text = "x,y,z\n1,2,3\na,b,churn\n4,5,6\n";
  EXPECT_EQ(read_csv(text, "t", {.known_names = {"Churn"}}).names(), (Cells{"a", "b", "churn"}));
  EXPECT_EQ(read_csv("a,b,\n1,2,3\n", "t").names(), (Cells{"a", "b", "column_3"}));
}

TEST(Csv, leaves_out_a_footer) {
  const std::string head = "a,b,c\n" + kRows;
  for (const std::string footer : {"Total rows: 4\n", "Total,16,\n", "\nSource: somebody\n",
                                   "Total\nNote: x\n", "4 rows\n", "(4 rows affected)\n"}) {
    const RawTable table = read_csv(head + footer, "t");
    EXPECT_EQ(table.rows, 4) << footer;
    EXPECT_EQ(codes(head + footer), Cells{"footer"}) << footer;
    const std::string text = head + footer;
    const auto parts = csv_parts(text, "t", {}, 8);
    std::size_t rows = 0;
    while (const auto part = parts->next()) rows += part->read().rows;
    EXPECT_EQ(rows, 4);
  }
  EXPECT_EQ(read_csv(head + "37\n", "t").rows, 5);  // a row that was cut off
  EXPECT_EQ(codes(head + "37\n"), Cells{"short_rows"});
  EXPECT_EQ(read_csv("w,b\ntotal,1\nsum,2\nx,3\ntotal,4\n", "t").rows, 4);  // a column of words
}

TEST(Csv, skips_headers_of_joined_files) {
  const std::string text = "a,b\n1,2\na,b\n3,4\n";
  EXPECT_EQ(cells(read_csv(text, "t"), 0), (Cells{"1", "3"}));
  EXPECT_EQ(codes(text), Cells{"repeated_header"});
  EXPECT_THROW(read_csv(text, "t", {.strict = true}), Error);
}

TEST(Csv, skips_comment_lines) {
  const std::string text = "a,b\n1,2\n# a comment\n3,4\n#5,6\n";
  EXPECT_EQ(cells(read_csv(text, "t"), 0), (Cells{"1", "3", "#5"}));
  EXPECT_EQ(codes(text), Cells{"comment_lines"});
}

TEST(Csv, notices_that_the_header_is_missing) {
  const RawTable table = read_csv(kRows, "t");
  EXPECT_FALSE(table.header);
  EXPECT_EQ(table.rows, 4);
  EXPECT_EQ(table.names(), (Cells{"column_1", "column_2", "column_3"}));
  EXPECT_EQ(codes(kRows), Cells{"no_header"});
  EXPECT_EQ(read_csv("2024-01-02,x\n2024-01-03,y\n2024-01-04,x\n", "t").rows, 3);
  EXPECT_EQ(read_csv("yes,monthly\nno,yearly\nyes,yearly\n", "t").rows, 3);
  // Names that are numbers, texts, or known.
  EXPECT_EQ(read_csv("2019,2020,2021\n5,6,7\n8,9,10\n", "t").rows, 2);
  EXPECT_EQ(read_csv("a,b\nx,y\nz,y\n", "t").rows, 2);
  EXPECT_EQ(read_csv("y,x\nx,y\nz,y\n", "t", {.known_names = {"Y"}}).rows, 2);
  // As the user says.
  using Header = ReadOptions::Header;
  EXPECT_EQ(read_csv(kRows, "t", {.header = Header::present}).rows, 3);
  EXPECT_EQ(read_csv("a,b\nx,y\n", "t", {.header = Header::absent}).rows, 2);
  EXPECT_TRUE(codes("a,b\nx,y\n", {.header = Header::absent}).empty());
}

TEST(Csv, gives_equal_names_a_number) {
  const std::string text = "age,x,age,age_2,age\n1,2,3,4,5\n";
  EXPECT_EQ(read_csv(text, "t").names(), (Cells{"age", "x", "age_3", "age_2", "age_4"}));
  EXPECT_EQ(codes(text), Cells{"duplicate_names"});
}

TEST(Csv, finds_columns_exactly_before_loosely) {
  const RawTable table = read_csv("a b,a_b,Other\n1,2,3\n", "t");
  EXPECT_EQ(table.find("a b"), &table.columns[0]);
  EXPECT_EQ(table.find("a_b"), &table.columns[1]);
  EXPECT_EQ(table.find("A_B"), nullptr);  // either
  EXPECT_EQ(table.find(" OTHER "), &table.columns[2]);
}

TEST(Csv, reads_quotes_that_a_backslash_escapes) {
  const std::string text = "a,b\n\"say \\\"hi\\\", you\",1\n\"x\\\\\",2\n";
  const RawTable table = read_csv(text, "t");
  EXPECT_EQ(cells(table, 0), (Cells{"say \"hi\", you", "x\\\\"}));
  EXPECT_EQ(codes(text), Cells{"backslash_quotes"});
  // RFC 4180: the backslash is a character like any other.
  EXPECT_EQ(cells(read_csv("a,b\n\"C:\\dir\\\",1\n", "t"), 0), Cells{"C:\\dir\\"});
}

TEST(Csv, strict_refuses_what_would_be_assumed) {
  for (const std::string text :
       {"# x\na,b\n1,2\n", "sep=,\na,b\n1,2\n", "a,b\n1\n", "a,b\n1,2,\n", "a,a\n1,2\n",
        "a,b\n1,2\n# x\n", "1,2\n3,4\n", "a,b\n1,2\n3,4\n5,6\nTotal\n"}) {
    EXPECT_THROW(read_csv(text, "t", {.strict = true}), Error) << text;
    EXPECT_NO_THROW(read_csv(text, "t")) << text;
  }
  EXPECT_NO_THROW(read_csv("a,b\n1,2\n", "t", {.strict = true}));
}

TEST(Csv, very_many_numbers_keep_their_format) {
  std::string text = "x;y\n";
  for (int i = 0; i < 70000; ++i) {
    text +=
        std::to_string(1 + i / 1000) + "." + std::to_string(1000 + i % 1000).substr(1) + ",5;a\n";
  }
  const RawTable table = read_csv(text, "t");
  ASSERT_EQ(table.columns[0].form, RawColumn::Form::numbers);
  EXPECT_EQ(table.columns[0].format.decimal, ',');
  EXPECT_EQ(table.columns[0].numbers[12345], 13345.5);
  EXPECT_TRUE(table.columns[0].strays.empty());
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
