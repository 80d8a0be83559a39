#include "data/database/sqlite.h"

#include <sqlite3.h>

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "data/table/csv_fields.h"
#include "data/table/table.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Connection = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

[[noreturn]] void refuse(sqlite3* database, const std::string& where, const std::string& hint) {
  throw Error(ErrorKind::bad_input, std::string("SQLite: ") + shown(sqlite3_errmsg(database), 300),
              where, hint);
}

Connection connect(const DatabaseAddress& address) {
  std::error_code ignored;
  if (!std::filesystem::exists(address.path, ignored)) {
    throw Error(ErrorKind::bad_input, "there is no such file", address.path, "check the path");
  }
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(address.path.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  Connection connection(opened);
  if (code != SQLITE_OK) refuse(opened, address.path, "check the file and its permissions");
  constexpr int kMilliseconds = 5000;
  sqlite3_busy_timeout(opened, kMilliseconds);
  return connection;
}

Statement prepare(sqlite3* database, const std::string& query, const std::string& where) {
  sqlite3_stmt* made = nullptr;
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v2(database, query.c_str(), static_cast<int>(query.size() + 1), &made, &rest);
  Statement statement(made);
  if (code != SQLITE_OK) {
    const bool busy = code == SQLITE_BUSY || code == SQLITE_LOCKED;
    refuse(database, where,
           busy ? "another program writes to the file: try again when it is done"
                : "check the query, and that the file is whole: sqlite3 FILE 'PRAGMA "
                  "integrity_check'");
  }
  while (!trimmed(rest).empty()) {  // comments and empty statements may follow
    sqlite3_stmt* more = nullptr;
    const int problem = sqlite3_prepare_v2(database, rest, -1, &more, &rest);
    const Statement second(more);
    if (problem == SQLITE_OK && more == nullptr) continue;
    throw Error(ErrorKind::usage, "the query is more than one statement", where, "give one SELECT");
  }
  if (made == nullptr || sqlite3_column_count(made) == 0 || sqlite3_stmt_readonly(made) == 0) {
    throw Error(ErrorKind::usage, "the query reads no rows", where, "give one SELECT");
  }
  if (sqlite3_bind_parameter_count(made) > 0) {
    throw Error(ErrorKind::usage, "the query has parameters, such as ? or $1", where,
                "write their values into the query");
  }
  return statement;
}

std::vector<DatabaseTable> tables_of(sqlite3* database, const std::string& where) {
  const Statement statement = prepare(database,
                                      "SELECT name FROM sqlite_master WHERE type IN ('table', "
                                      "'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                                      "ORDER BY name",
                                      where);
  std::vector<DatabaseTable> tables;
  while (sqlite3_step(statement.get()) == SQLITE_ROW) {
    tables.push_back(
        {.name = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0))});
  }
  return tables;
}

class SqliteStream : public RowStream {
 public:
  SqliteStream(Connection connection, const std::string& query, std::string where)
      : connection_(std::move(connection)),
        where_(std::move(where)),
        // All steps of one statement read one snapshot.
        statement_(prepare(connection_.get(), query, where_)) {
    for (int i = 0; i < sqlite3_column_count(statement_.get()); ++i) {
      columns_.push_back({.name = sqlite3_column_name(statement_.get(), i)});
      const char* const declared = sqlite3_column_decltype(statement_.get(), i);
      booleans_.push_back(declared != nullptr && lower_ascii(declared).starts_with("bool"));
    }
  }

  const std::vector<StreamColumn>& columns() const override { return columns_; }

  bool next(RowBatch& batch) override {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_DONE) return false;
    if (code != SQLITE_ROW) {
      refuse(connection_.get(), where_, "check the file: sqlite3 FILE 'PRAGMA integrity_check'");
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) add_cell(static_cast<int>(i), batch);
    return true;
  }

 private:
  void add_cell(int i, RowBatch& batch) {
    sqlite3_stmt* const row = statement_.get();
    const auto place = static_cast<std::size_t>(i);
    switch (sqlite3_column_type(row, i)) {
      case SQLITE_INTEGER:
        if (booleans_[place]) return add_boolean(place, sqlite3_column_int64(row, i), batch);
        return batch.add(place, std::to_string(sqlite3_column_int64(row, i)));
      case SQLITE_FLOAT:
        return batch.add(place, number_text(sqlite3_column_double(row, i)));
      case SQLITE_NULL:
        return batch.add(place, "");
      case SQLITE_BLOB:
        batch.of_column[place].bytes = true;
        return batch.add(place, "");
      default: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, i));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, i));
        batch.of_column[place].texts = true;
        return batch.add(place, {text, size});
      }
    }
  }

  /// SQLite keeps booleans as 0 and 1.
  static void add_boolean(std::size_t place, std::int64_t value, RowBatch& batch) {
    batch.of_column[place].texts = true;
    batch.add(place, value == 0 ? "false" : "true");
  }

  Connection connection_;
  std::string where_;
  Statement statement_;  ///< before the connection is closed
  std::vector<StreamColumn> columns_;
  std::vector<bool> booleans_;  ///< declared so, by column
};

/// Begins or ends a transaction.
void run(sqlite3* database, const char* statement, const std::string& where) {
  const int code = sqlite3_exec(database, statement, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return;
  throw Error(ErrorKind::failed, std::string("SQLite: ") + shown(sqlite3_errmsg(database), 300),
              where,
              code == SQLITE_BUSY ? "another program writes to the file: try again when it is done"
                                  : "check the file and its permissions");
}

/// Binds a field; an empty one is NULL. SQLite itself would not always convert the text of a number
/// to the nearest one.
void bind(sqlite3_stmt* statement, std::size_t place, std::string_view text,
          RowsToWrite::Column::Type type) {
  using Type = RowsToWrite::Column::Type;
  const int at = static_cast<int>(place) + 1;
  const bool whole = type == Type::whole_number;
  const auto number =
      type == Type::text || (whole && !is_id_number(text)) ? std::nullopt : parse_number(text);
  if (text.empty()) {
    sqlite3_bind_null(statement, at);
  } else if (!number) {
    sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  } else if (whole) {
    sqlite3_bind_int64(statement, at, static_cast<sqlite3_int64>(*number));
  } else {
    sqlite3_bind_double(statement, at, *number);
  }
}

/// Writes rows within a transaction of the caller.
class SqliteWriter {
 public:
  SqliteWriter(sqlite3* database, const DatabaseAddress& address, const RowsToWrite& rows)
      : database_(database),
        where_(address.shown),
        rows_(rows),
        table_("main." + quoted_name(address.selection.table)),
        names_(quoted_names(rows.columns)) {}

  void write() {
    std::string definitions;
    for (const RowsToWrite::Column& column : rows_.columns) {
      using Type = RowsToWrite::Column::Type;
      definitions += (definitions.empty() ? "" : ", ") + quoted_name(column.name) +
                     (column.type == Type::number         ? " REAL"
                      : column.type == Type::whole_number ? " INTEGER"
                                                          : " TEXT");
    }
    run("CREATE TABLE IF NOT EXISTS " + table_ + " (" + definitions + ")");
    if (rows_.keys == 0) return insert_into(table_);
    // With the types of the table's columns.
    run("CREATE TEMP TABLE vitrine_rows AS SELECT " + names_ + " FROM " + table_ + " WHERE 0");
    insert_into("temp.vitrine_rows");
    replace();
  }

 private:
  /// Changes the rows whose keys the table has, and adds the others.
  void replace() {
    std::string keys;
    std::string same;
    std::string changes;
    for (std::size_t i = 0; i < rows_.columns.size(); ++i) {
      const std::string name = quoted_name(rows_.columns[i].name);
      if (i < rows_.keys) {
        keys += (i > 0 ? ", " : "") + name;
        same += (i > 0 ? " AND old." : "old.") + name + " = new." + name;
      } else {
        changes += (i > rows_.keys ? ", " : "") + name + " = new." + name;
      }
    }
    run("CREATE INDEX temp.vitrine_keys ON vitrine_rows (" + keys + ")");
    const std::string first_key = quoted_name(rows_.columns[0].name);
    const std::string fresh =
        "SELECT new.rowid AS rowid_ FROM temp.vitrine_rows AS new LEFT JOIN (SELECT DISTINCT " +
        keys + " FROM " + table_ + ") AS old ON " + same + " WHERE old." + first_key + " IS NULL";
    run("CREATE TEMP TABLE vitrine_fresh AS " + fresh);
    run("UPDATE " + table_ + " AS old SET " + changes + " FROM temp.vitrine_rows AS new WHERE " +
        same);
    run("INSERT INTO " + table_ + " (" + names_ + ") SELECT " + names_ +
        " FROM temp.vitrine_rows WHERE rowid IN (SELECT rowid_ FROM temp.vitrine_fresh)");
  }

  void insert_into(const std::string& table) {
    std::string places;
    for (std::size_t i = 0; i < rows_.columns.size(); ++i) places += i > 0 ? ", ?" : "?";
    const std::string text = "INSERT INTO " + table + " (" + names_ + ") VALUES (" + places + ")";
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(database_, text.c_str(), -1, &made, nullptr) != SQLITE_OK)
      refuse_write();
    const Statement statement(made);
    for (const std::string& piece : rows_.csv) {
      const CsvText input{piece, where_};
      FieldReader reader(input, {}, 0, piece.size());
      while (!reader.at_end()) {
        bool last = false;
        for (std::size_t i = 0; !last; ++i) {
          const CellText field = reader.next(last);
          if (i < rows_.columns.size()) bind(made, i, field.text, rows_.columns[i].type);
        }
        if (sqlite3_step(made) != SQLITE_DONE) refuse_write();
        sqlite3_reset(made);
        sqlite3_clear_bindings(made);
      }
    }
  }

  void run(const std::string& statement) {
    if (sqlite3_exec(database_, statement.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      refuse_write();
    }
  }

  [[noreturn]] void refuse_write() const {
    throw Error(ErrorKind::failed, std::string("SQLite: ") + shown(sqlite3_errmsg(database_), 300),
                where_, "nothing was written; the table needs the columns " + names_);
  }

  sqlite3* database_;
  const std::string& where_;
  const RowsToWrite& rows_;
  std::string table_;
  std::string names_;
};

}  // namespace

void write_sqlite(const DatabaseAddress& address, const RowsToWrite& rows) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(address.path.c_str(), &opened,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  const Connection connection(opened);
  if (code != SQLITE_OK) {
    throw Error(ErrorKind::failed, std::string("SQLite: ") + shown(sqlite3_errmsg(opened), 300),
                address.path, "check the folder and its permissions");
  }
  constexpr int kMilliseconds = 5000;
  sqlite3_busy_timeout(opened, kMilliseconds);
  run(opened, "BEGIN IMMEDIATE", address.shown);
  SqliteWriter(opened, address, rows).write();
  run(opened, "COMMIT", address.shown);  // closing without it undoes all
}

RowSource open_sqlite(const DatabaseAddress& address) {
  std::string where = address.shown;
  const Connection connection = connect(address);
  std::string query = address.selection.query;
  if (query.empty()) {
    const auto tables = tables_of(connection.get(), where);
    const DatabaseTable& table = table_named(tables, address.selection.table, address.path);
    query = "SELECT * FROM " + quoted_name(table.name);
    where = address.path + ", table " + table.name;
  }
  prepare(connection.get(), query, where);
  return {where, [address, query, where] {
            return std::make_unique<SqliteStream>(connect(address), query, where);
          }};
}

}  // namespace vitrine::data
