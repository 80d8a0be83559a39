// SQLite; PostgreSQL is tried against a server by tests/cli/databases.sh.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "data/database/address.h"
#include "data/database/sqlite.h"
#include "data/database/stream_reader.h"

namespace vitrine::data {
namespace {

namespace fs = std::filesystem;

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("database_" + std::to_string(::getpid()) + ".db");
    fs::remove(path_);
  }
  void TearDown() override { fs::remove(path_); }

  void run(const std::string& statements) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  std::unique_ptr<TableReader> open(const DatabaseSelection& selection = {}) const {
    return make_stream_reader(open_sqlite(parse_address("sqlite:" + path_, selection)));
  }
  Error error_of(const DatabaseSelection& selection) const {
    try {
      open(selection)->read({});
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return {ErrorKind::failed, "", "", ""};
  }

  std::string path_;
};

std::vector<std::string> cells(const RawTable& table, const std::string& name) {
  std::vector<std::string> out;
  const RawColumn& column = *table.find(name);
  for (const std::uint32_t code : column.codes) out.push_back(column.texts[code]);
  return out;
}

using Texts = std::vector<std::string>;

TEST_F(DatabaseTest, cells_are_those_of_a_csv_file) {
  run("CREATE TABLE t (i INTEGER, r REAL, s TEXT, f BOOLEAN, b BLOB, m);"
      "INSERT INTO t VALUES (1, 0.1, 'x,y', 1, x'00ff', 1), (-9223372036854775808, 1e300, '', 0, "
      "NULL, 'one'), (NULL, 2.0, NULL, NULL, NULL, 2.5)");
  const RawTable table = open()->read({});
  EXPECT_EQ(table.rows, 3U);
  EXPECT_EQ(cells(table, "i"), (Texts{"1", "-9223372036854775808", ""}));
  EXPECT_EQ(cells(table, "r"), (Texts{"0.1", "1e+300", "2"}));
  EXPECT_EQ(cells(table, "s"), (Texts{"x,y", "", ""}));
  EXPECT_EQ(cells(table, "f"), (Texts{"true", "false", ""}));
  EXPECT_EQ(cells(table, "m"), (Texts{"1", "one", "2.5"}));
  EXPECT_TRUE(table.find("i")->plain_numbers);
  EXPECT_TRUE(table.find("r")->plain_numbers);
  EXPECT_FALSE(table.find("m")->plain_numbers);
  EXPECT_EQ(table.find("b")->form, RawColumn::Form::free_text);
  EXPECT_EQ(table.find("b")->unreadable, "its cells are bytes");
  EXPECT_EQ(table.place_of(1), path_ + ", table t, row 2");
}

TEST_F(DatabaseTest, names_tables_and_queries) {
  run("CREATE TABLE Customers (a); CREATE TABLE \"odd \"\"name\" (b); CREATE VIEW v AS SELECT a, a "
      "FROM Customers; INSERT INTO Customers VALUES (1); INSERT INTO \"odd \"\"name\" VALUES (2)");
  EXPECT_EQ(open({.table = "customers"})->read({}).names(), Texts{"a"});
  EXPECT_EQ(open({.table = "odd \"name"})->read({}).names(), Texts{"b"});
  EXPECT_EQ(open({.table = "v"})->read({}).names().size(), 2U);
  EXPECT_EQ(open({.query = "SELECT a, a + 1 AS c FROM Customers;"})->read({}).names(),
            (Texts{"a", "c"}));
  EXPECT_TRUE(error_of({}).hint.contains("Customers, odd \"name and v"));
  EXPECT_TRUE(error_of({.table = "custmers"}).hint.contains("did you mean 'Customers'?"));
  EXPECT_EQ(error_of({.query = "DELETE FROM Customers RETURNING a"}).message,
            "the query reads no rows");
  EXPECT_EQ(error_of({.query = "SELECT 1; DELETE FROM Customers"}).message,
            "the query is more than one statement");
  EXPECT_TRUE(error_of({.query = "SELECT x FROM Customers"}).message.contains("no such column"));
  EXPECT_EQ(error_of({.query = "SELECT a FROM Customers WHERE a > 1"}).message,
            "there are no rows");
  EXPECT_EQ(error_of({.query = " "}).message, "the query reads no rows");
}

TEST_F(DatabaseTest, many_rows_in_parts_and_as_a_whole) {
  run("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
      "100000) SELECT i, i * 0.25 AS x, 'w' || (i % 7) AS w FROM n");
  const RawTable whole = open()->read({.digest = true});
  EXPECT_EQ(whole.find("i")->form, RawColumn::Form::numbers);
  EXPECT_EQ(whole.find("x")->numbers[99'999], 25'000);
  EXPECT_EQ(whole.digest, open()->read({.digest = true}).digest);
  EXPECT_THROW(open()->read({.max_rows = 99'999}), Error);
  const auto reader = open();
  const auto parts = reader->parts({.keys = {"w"}}, 1);
  std::vector<std::size_t> rows(20);
  for_each_part(*parts, [&](const TablePart& part) {
    const RawTable table = part.read();
    rows[part.number()] = table.rows;
    EXPECT_EQ(table.find("x")->form, RawColumn::Form::free_text);
    std::string text;
    part.append_row(text, table, 3);
    const std::size_t i = table.row_offsets[3] + 1;
    EXPECT_TRUE(text.starts_with(std::to_string(i) + ","));
    EXPECT_TRUE(text.ends_with(",w" + std::to_string(i % 7)));
  });
  EXPECT_EQ(std::reduce(rows.begin(), rows.end()), 100'000U);
}

TEST_F(DatabaseTest, a_damaged_file_is_refused) {
  run("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
      "5000) SELECT i FROM n");
  fs::resize_file(path_, fs::file_size(path_) / 2);
  EXPECT_TRUE(error_of({}).message.starts_with("SQLite: "));
  fs::remove(path_);
  EXPECT_EQ(error_of({}).message, "there is no such file");
}

TEST(DatabaseAddressTest, reads_addresses) {
  EXPECT_EQ(parse_address("sqlite:a/b.db", {}).path, "a/b.db");
  EXPECT_EQ(parse_address("sqlite:///b.db?table=x%20y", {}).path, "b.db");
  EXPECT_EQ(parse_address("sqlite:////tmp/b.db", {}).path, "/tmp/b.db");
  EXPECT_EQ(parse_address("sqlite:b.db?table=x%20y", {}).selection.table, "x y");
  const DatabaseAddress postgres =
      parse_address("postgresql+psycopg2://u:p@h/d?sslmode=require&table=t&a=b", {});
  EXPECT_EQ(postgres.server, "postgresql://u:p@h/d?sslmode=require&a=b");
  EXPECT_EQ(postgres.selection.table, "t");
  EXPECT_EQ(postgres.shown, "postgresql://u:***@h/d?sslmode=require&a=b, table t");
  EXPECT_THROW(parse_address("sqlite:", {}), Error);
  EXPECT_THROW(parse_address("sqlite:a.db?table=t", {.table = "u"}), Error);
}

}  // namespace
}  // namespace vitrine::data
