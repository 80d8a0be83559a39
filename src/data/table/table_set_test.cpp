#include "data/table/table_set.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "data/table/csv.h"

namespace vitrine::data {
namespace {

namespace fs = std::filesystem;

class TableSetTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("table_set_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::vector<std::string> names(const std::vector<std::string>& what) const {
    std::vector<Warning> warnings;
    std::vector<std::string> out;
    for (const TableName& one : tables_named(what, warnings)) {
      out.push_back(fs::path(one.path).lexically_relative(folder_).string());
    }
    return out;
  }

  fs::path folder_;
};

std::string rows_of(const RawTable& table) {
  std::string out;
  for (const std::string& name : table.names()) out += name + " ";
  for (std::size_t row = 0; row < table.rows; ++row) {
    out += "|";
    for (const RawColumn& column : table.columns) {
      out += (column.form == RawColumn::Form::dictionary ? column.texts[column.codes[row]]
                                                         : std::to_string(column.numbers[row])) +
             " ";
    }
  }
  return out;
}

std::vector<std::string> codes_of(const RawTable& table) {
  std::vector<std::string> codes;
  for (const Warning& one : table.warnings) codes.push_back(one.code);
  return codes;
}

TEST_F(TableSetTest, names_files_folders_and_patterns) {
  file("x/b.csv", "a\n1\n");
  file("x/a.csv.gz", "");
  file("x/part-00001", "");
  file("x/_SUCCESS", "");
  file("x/.b.csv.crc", "");
  file("x/deeper/c.parquet", "");
  file("x/README.md", "");
  const std::string folder = folder_ / "x";
  const std::vector<std::string> all{"x/a.csv.gz", "x/b.csv", "x/deeper/c.parquet", "x/part-00001"};
  EXPECT_EQ(names({folder}), all);
  EXPECT_EQ(names({folder_ / "*"}), all);
  EXPECT_EQ(names({folder_ / "x/{part-*,b.csv}"}),
            (std::vector<std::string>{"x/part-00001", "x/b.csv"}));
  std::vector<Warning> warnings;
  tables_named(std::vector<std::string>{folder}, warnings);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(warnings[0].message.contains("1 file of "));
  EXPECT_TRUE(warnings[0].message.contains("README.md"));
  EXPECT_THROW(names({folder_ / "*.tsv"}), Error);
  EXPECT_THROW(names({folder_ / "x/_S*[!S]"}), Error);
  file("hidden/_SUCCESS", "");
  EXPECT_THROW(names({folder_ / "hidden/*"}), Error);
  file("odd[1].csv", "");
  EXPECT_EQ(names({folder_ / "odd[1].csv"}), std::vector<std::string>{"odd[1].csv"});
  EXPECT_TRUE(is_table_folder(folder));
  file("x/photo.JPG", "");
  EXPECT_FALSE(is_table_folder(folder));
  EXPECT_FALSE(is_table_folder(folder_ / "x/b.csv"));
}

TEST_F(TableSetTest, refuses_folders_whose_files_may_hold_deleted_rows) {
  file("delta/part-0.parquet", "");
  file("delta/_delta_log/0.json", "");
  file("iceberg/data/0.parquet", "");
  file("iceberg/metadata/v1.metadata.json", "");
  EXPECT_THROW(names({folder_ / "delta"}), Error);
  EXPECT_THROW(names({folder_ / "iceberg"}), Error);
  file("empty/_SUCCESS", "");
  EXPECT_THROW(names({folder_ / "empty"}), Error);
}

TEST_F(TableSetTest, addresses_of_databases_hide_their_passwords) {
  EXPECT_TRUE(is_database_address("sqlite:a.db"));
  EXPECT_TRUE(is_database_address("postgres://h/d"));
  EXPECT_TRUE(is_database_address("postgresql+psycopg2://h/d"));
  EXPECT_FALSE(is_database_address("postgres.csv"));
  EXPECT_FALSE(is_database_address("sqlite.db"));
  EXPECT_EQ(without_password("postgresql://me:se:c@ret@h:1/d?x=1"),
            "postgresql://me:***@h:1/d?x=1");
  EXPECT_EQ(without_password("postgresql://h/d?password=p&x=1"),
            "postgresql://h/d?password=***&x=1");
  EXPECT_EQ(without_password("postgresql://me:p?a/ss@h/d"), "postgresql://me:***@h/d");
  EXPECT_EQ(without_password("mysql://me:secret@h/d"), "mysql://me:***@h/d");
  EXPECT_EQ(without_password("postgresql://h/d?a=1&sslpass%77ord=x"),
            "postgresql://h/d?a=1&sslpass%77ord=***");
  EXPECT_EQ(without_password("postgresql://me@h/d"), "postgresql://me@h/d");
  EXPECT_EQ(without_password("postgresql://h:5432/d?user=me@corp&password=secret&sslmode=require"),
            "postgresql://h:5432/d?user=me@corp&password=***&sslmode=require");
  EXPECT_EQ(without_password("postgresql://u:secret@h/d?user=me@corp&password=p@ss"),
            "postgresql://u:***@h/d?user=me@corp&password=***");
  EXPECT_EQ(without_password("postgresql://u:p?user=x@h/d"), "postgresql://u:***@h/d");
  EXPECT_EQ(without_password("postgresql://u:pa?x=1&table=t@h/d?table=y"),
            "postgresql://u:***@h/d?table=y");
}

TEST_F(TableSetTest, folders_called_data_and_metadata_may_hold_any_table) {
  file("t/data/a.csv", "n,w\n1,x\n");
  file("t/metadata/notes.txt", "n,w\n2,y\n");
  EXPECT_EQ(names({folder_ / "t"}).size(), 2U);
  file("t/metadata/v1.metadata.json", "{}");
  EXPECT_THROW(names({folder_ / "t"}), Error);
}

TEST_F(TableSetTest, joins_columns_by_their_names) {
  const std::string a = file("a.csv", "n,word\n1,x\n2,y\n");
  const std::string b = file("b.csv", "word;N\nz;3\nx;4\n");
  RawTable table = TableSet({a, b}, {}).read();
  EXPECT_EQ(rows_of(table), "n word |1 x |2 y |3 z |4 x ");
  EXPECT_EQ(table.separator, 0);
  EXPECT_EQ(table.place_of(3), b + ", line 3");
  EXPECT_EQ(table.place_of(0), a + ", line 2");
  EXPECT_TRUE(table.warnings.empty());
}

TEST_F(TableSetTest, pieces_without_a_header_have_the_columns_of_the_first) {
  const std::string a = file("xaa", "n,word\n1,x\n2,y\n");
  const std::string b = file("xab", "3,z\n4,x\n");
  EXPECT_EQ(rows_of(TableSet({a, b}, {}).read()), "n word |1 x |2 y |3 z |4 x ");
}

TEST_F(TableSetTest, lacking_columns_are_missing_and_said) {
  const std::string a = file("a.csv", "n,word\n1,x\n");
  const std::string b = file("b.csv", "n,word,new\n2,y,7\n");
  const std::string c = file("c.csv", "n,new\n3,8\n");
  const RawTable table = TableSet({a, b, c}, {}).read();
  EXPECT_EQ(rows_of(table), "n word new |1 x  |2 y 7 |3  8 ");
  EXPECT_EQ(codes_of(table), (std::vector<std::string>{"lacking_column", "lacking_column"}));
  EXPECT_TRUE(table.warnings[0].message.contains("c.csv"));
  EXPECT_TRUE(table.warnings[1].message.contains("a.csv"));
  EXPECT_THROW(TableSet({a, b}, {.strict = true}).read({.strict = true}), Error);
  const std::string other = file("other.csv", "u,v,w\n1,2,3\n");
  EXPECT_THROW(TableSet({a, other}, {}).read(), Error);
}

TEST_F(TableSetTest, files_without_rows_are_skipped) {
  const std::string a = file("a.csv", "n\n1\n");
  const std::string empty = file("b.csv", "");
  const std::string header = file("c.csv", "n\n");
  EXPECT_EQ(rows_of(TableSet({empty, a, header}, {}).read()), "n |1 ");
  EXPECT_THROW(TableSet({empty, header}, {}).read(), NoRowsError);
}

TEST_F(TableSetTest, folders_name_columns) {
  file("t/year=2023/city=S%C3%A3o%20Paulo/a.csv", "n\n1\n");
  file("t/year=2024/city=__HIVE_DEFAULT_PARTITION__/a.csv", "n\n2\n");
  EXPECT_EQ(rows_of(TableSet({folder_ / "t"}, {}).read()),
            "n year city |1 2023 S\u00e3o Paulo |2 2024  ");
  std::vector<Warning> warnings;
  const auto tables = tables_named(std::vector<std::string>{folder_ / "t"}, warnings);
  const TableFile first(tables[0], {});
  const auto parts = first.parts({}, 1000);
  EXPECT_EQ(parts->names(), (std::vector<std::string>{"n", "year", "city"}));
  const auto part = parts->next();
  const RawTable rows = part->read();
  std::string text;
  part->append_row(text, rows, 0);
  EXPECT_EQ(text, "1,2023,S\u00e3o Paulo");
}

/// A column of `rows` numbers that differ, with thousands separators, and one of few words.
std::string long_text(int first, int rows, bool header) {
  std::string text = header ? "n;word\n" : "";
  for (int i = first; i < first + rows; ++i) {
    text += std::to_string(i / 1000) + "." + std::to_string(1000 + i % 1000).substr(1) + ",5;w" +
            std::to_string(i % 3) + "\n";
  }
  return text;
}

TEST_F(TableSetTest, a_table_in_pieces_is_as_in_one_file) {
  // Each file has fewer different numbers than a dictionary holds, both together have more.
  for (const int rows : {60'000, 100'000}) {
    const RawTable whole =
        read_csv(long_text(1000, rows, true) + long_text(1000 + rows, 30'000, false), "t");
    const std::string a = file("a.csv", long_text(1000, rows, true));
    const std::string b = file("b.csv", long_text(1000 + rows, 30'000, true));
    const RawTable pieces = TableSet({a, b}, {}).read();
    ASSERT_EQ(pieces.rows, whole.rows);
    EXPECT_EQ(whole.columns[0].form, RawColumn::Form::numbers);
    EXPECT_EQ(pieces.columns[0].form, RawColumn::Form::numbers);
    EXPECT_EQ(pieces.columns[0].numbers, whole.columns[0].numbers);
    EXPECT_EQ(pieces.columns[1].texts, whole.columns[1].texts);
    EXPECT_EQ(pieces.columns[1].codes, whole.columns[1].codes);
  }
}

/// The error of reading the files; empty if there is none.
std::string error_of(const std::vector<std::string>& files, const ReadOptions& options = {}) {
  try {
    TableSet(files, {}).read(options);
  } catch (const Error& error) {
    return error.message + " | " + error.where;
  }
  return {};
}

TEST_F(TableSetTest, files_that_write_numbers_otherwise_are_refused) {
  const std::string comma = file("comma.csv", "n;w\n1.234,5;a\n2.345,75;b\n");
  const std::string point = file("point.csv", "n,w\n\"1,234.5\",a\n\"2,345.25\",b\n");
  const std::string plain = file("plain.csv", "n,w\n1234.5,a\n7,b\n");
  const std::string whole = file("whole.csv", "n,w\n1234,a\n7,b\n");
  const std::string blanks = file("blanks.csv", "n,w\n1 234.5,a\n2 345.25,b\n");
  const std::string json = file("json.jsonl", "{\"n\":1.25,\"w\":\"a\"}\n");
  for (const auto& [first, second] : {std::pair{comma, point}, {comma, plain}, {comma, json}}) {
    for (const auto& [a, b] : {std::pair{first, second}, {second, first}}) {
      const std::string error = error_of({a, b});
      EXPECT_TRUE(error.contains("a decimal comma") && error.contains("a decimal point")) << error;
      EXPECT_TRUE(error.contains(a) && error.ends_with(b)) << error;
    }
  }
  EXPECT_TRUE(error_of({point, blanks}).contains("blanks between thousands"));
  EXPECT_EQ(error_of({comma, whole}), "");
  EXPECT_EQ(error_of({whole, comma}), "");
  EXPECT_EQ(error_of({point, plain, whole, json}), "");
}

TEST_F(TableSetTest, a_separator_that_may_be_either_follows_the_other_files) {
  const std::string comma = file("comma.csv", "n;m\n1.234,5;1,5\n2.345,75;2,5\n");
  const std::string either = file("either.csv", "n;m\n1,234;3\n2,345;4\n");
  const std::string point = file("point.csv", "n;m\n1,234;1.5\n2,345;2.5\n");
  EXPECT_EQ(error_of({comma, either}), "");
  EXPECT_EQ(error_of({either, comma}), "");
  EXPECT_TRUE(error_of({comma, point}).contains("a decimal comma"));
}

TEST_F(TableSetTest, dates_with_the_day_first_and_the_month_first_are_refused) {
  const std::string day = file("day.csv", "d,w\n25/3/2024,a\n1/2/2024,b\n");
  const std::string month = file("month.csv", "d,w\n3/25/2024,a\n1/2/2024,b\n");
  const std::string either = file("either.csv", "d,w\n3/5/2024,a\n1/2/2024,b\n");
  const std::string iso = file("iso.csv", "d,w\n2024-03-25,a\n2024-01-02,b\n");
  EXPECT_TRUE(error_of({day, month}).contains("the day first"));
  EXPECT_TRUE(error_of({month, day}).contains("the month first"));
  EXPECT_EQ(error_of({day, either, iso}), "");
  EXPECT_EQ(error_of({iso, month, either}), "");
}

TEST_F(TableSetTest, each_file_of_many_numbers_is_read_as_it_is_written) {
  std::string plain = "n,w\n";
  std::string grouped = "n,w\n";
  constexpr int kPlain = 70'000;
  constexpr int kGrouped = 30'000;
  for (int i = 0; i < kPlain; ++i) plain += std::to_string(100'000 + i) + ",a\n";
  for (int i = 0; i < kGrouped; ++i) {
    grouped += "\"" + std::to_string(700 + i / 1000) + "," +
               std::to_string(1000 + i % 1000).substr(1) + "\",a\n";
  }
  const std::string a = file("a.csv", plain);
  const std::string b = file("b.csv", grouped);
  for (const auto& files : {std::vector{a, b}, {b, a}}) {
    const RawTable table = TableSet(files, {}).read();
    const RawColumn& column = table.columns[0];
    ASSERT_EQ(column.form, RawColumn::Form::numbers);
    EXPECT_TRUE(column.strays.empty());
    EXPECT_EQ(column.format.group, ',');
    const std::size_t first = files[0] == a ? 0 : kGrouped;
    EXPECT_EQ(column.numbers[first + 5], 100'005);
    EXPECT_EQ(column.numbers[(files[0] == a ? kPlain : 0) + 1001], 701'001);
  }
}

TEST_F(TableSetTest, the_digest_is_that_of_the_files) {
  const std::string a = file("a.csv", "n\n1\n");
  const std::string b = file("b.csv", "n\n2\n");
  const auto digest = [](const std::vector<std::string>& files) {
    return TableSet(files, {}).read({.digest = true}).digest;
  };
  EXPECT_EQ(digest({a}), sha256_hex("n\n1\n"));
  EXPECT_NE(digest({a, b}), digest({b, a}));
  EXPECT_EQ(digest({a, b}), digest({a, b}));
  EXPECT_TRUE(TableSet({a}, {}).read().digest.empty());
}

}  // namespace
}  // namespace vitrine::data
