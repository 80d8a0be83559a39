#include "data/database/postgres.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::data {
namespace {

struct Free {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Free>;
using Result = std::unique_ptr<PGresult, Free>;

/// The message of the server or of libpq, as one line.
std::string message_of(PGconn* connection) {
  std::istringstream words(PQerrorMessage(connection));
  std::string text;
  for (std::string word; words >> word;) {
    if (word == "^" || (text.empty() && word == "ERROR:")) continue;  // below a part of the query
    text += (text.empty() ? "" : " ") + word;
  }
  return "PostgreSQL: " + shown(text, 400);
}

/// libpq's own message would show parts of the password.
void check_uri(const DatabaseAddress& address) {
  char* message = nullptr;
  PQconninfoOption* const options = PQconninfoParse(address.server.c_str(), &message);
  const std::unique_ptr<char, decltype(&PQfreemem)> owner(message, &PQfreemem);
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(options,
                                                                            &PQconninfoFree);
  bool valid = options != nullptr;
  for (const PQconninfoOption* one = options; valid && one->keyword != nullptr; ++one) {
    const std::string_view key = one->keyword;
    const std::string_view value = one->val != nullptr ? one->val : "";
    // A password with a `/` makes parts of it a port and a name.
    if (key == "port") valid = value.find_first_not_of("0123456789,") == std::string_view::npos;
    if (key == "dbname") valid = !value.contains('@');
  }
  if (valid) return;
  throw Error(ErrorKind::usage, "the address is no URI of PostgreSQL", address.shown,
              "write postgresql://USER@HOST:PORT/NAME?OPTION=VALUE with the options of libpq; in a "
              "password write %40 for @ and the like, or put it into PGPASSWORD");
}

Connection connect(const DatabaseAddress& address) {
  check_uri(address);
  // What stands in the address goes before the words ahead of it.
  const std::array<const char*, 4> keywords{"connect_timeout", "dbname",
                                            "fallback_application_name", nullptr};
  const std::array<const char*, 4> values{"10", address.server.c_str(), "vitrine", nullptr};
  Connection connection(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (PQstatus(connection.get()) == CONNECTION_OK) return connection;
  throw Error(ErrorKind::bad_input, message_of(connection.get()), address.shown,
              "check the address, and the password in PGPASSWORD or ~/.pgpass; psql takes the same "
              "address");
}

Result run(PGconn* connection, const std::string& statement, const std::string& where) {
  Result result(PQexec(connection, statement.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_OUT) {
    return result;
  }
  throw Error(ErrorKind::bad_input, message_of(connection), where,
              "give one SELECT; try it with psql as the same user");
}

/// Begins a transaction that reads one moment's rows, and settles how values are written.
void begin(PGconn* connection, const std::string& where) {
  run(connection,
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL datestyle = 'ISO'; "
      "SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; "
      "SET LOCAL client_encoding = 'UTF8'",
      where);
}

std::vector<DatabaseTable> tables_of(PGconn* connection, const std::string& where) {
  const Result rows =
      run(connection,
          "SELECT n.nspname, c.relname, n.nspname = current_schema() "
          "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
          "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' "
          "AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(n.oid, 'USAGE') "
          "AND NOT c.relispartition ORDER BY n.nspname <> current_schema(), 1, 2",
          where);
  std::vector<DatabaseTable> tables;
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    tables.push_back({.schema = PQgetvalue(rows.get(), i, 0),
                      .name = PQgetvalue(rows.get(), i, 1),
                      .usual = *PQgetvalue(rows.get(), i, 2) == 't'});
  }
  return tables;
}

/// Types by their numbers in pg_type, which never change.
enum class Type : Oid {
  boolean = 16,
  bytes = 17,
  int8 = 20,
  int2 = 21,
  int4 = 23,
  json = 114,
  float4 = 700,
  float8 = 701,
  numeric = 1700,
  jsonb = 3802,
};

bool is_number(Oid type) {
  switch (static_cast<Type>(type)) {
    case Type::int2:
    case Type::int4:
    case Type::int8:
    case Type::float4:
    case Type::float8:
    case Type::numeric:
      return true;
    default:
      return false;
  }
}

struct TypedColumn {
  StreamColumn column;
  Oid type = 0;
};

/// The columns of a query, which is not run.
std::vector<TypedColumn> columns_of(PGconn* connection, const std::string& query,
                                    const std::string& where) {
  const auto check = [&](const Result& result) {
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return;
    throw Error(ErrorKind::bad_input, message_of(connection), where,
                "give one SELECT; try it with psql as the same user");
  };
  check(Result(PQprepare(connection, "", query.c_str(), 0, nullptr)));
  const Result described(PQdescribePrepared(connection, ""));
  check(described);
  std::vector<TypedColumn> columns;
  std::string types;
  for (int i = 0; i < PQnfields(described.get()); ++i) {
    columns.push_back({{PQfname(described.get(), i)}, PQftype(described.get(), i)});
    types += (types.empty() ? "" : ",") + std::to_string(columns.back().type);
  }
  if (columns.empty()) {
    throw Error(ErrorKind::usage, "the query reads no rows", where, "give one SELECT");
  }
  const Result categories =
      run(connection, "SELECT oid, typcategory FROM pg_type WHERE oid IN (" + types + ")", where);
  std::map<std::string, std::string> category_of;
  for (int i = 0; i < PQntuples(categories.get()); ++i) {
    category_of[PQgetvalue(categories.get(), i, 0)] = PQgetvalue(categories.get(), i, 1);
  }
  for (TypedColumn& one : columns) {
    const std::string category = category_of[std::to_string(one.type)];
    const auto type = static_cast<Type>(one.type);
    if (category == "A" || category == "C" || type == Type::json || type == Type::jsonb) {
      one.column.unreadable = "its cells are lists or structures";
    }
    if (type == Type::bytes) one.column.unreadable = "its cells are bytes";
  }
  return columns;
}

/// Without the semicolon at its end, and comments behind that.
std::string inner_query(std::string_view query) {
  std::string_view text = trimmed(query);
  while (true) {
    const std::size_t semicolon = text.rfind(';');
    if (semicolon == std::string_view::npos) return std::string(text);
    const std::string_view behind = trimmed(text.substr(semicolon + 1));
    const bool line = behind.starts_with("--") && !behind.contains('\n');
    const bool block = behind.starts_with("/*") && behind.find("*/") == behind.size() - 2;
    if (!behind.empty() && !line && !block) return std::string(text);
    text = trimmed(text.substr(0, semicolon));
  }
}

class PostgresStream : public RowStream {
 public:
  PostgresStream(Connection connection, const std::string& query, std::string where)
      : connection_(std::move(connection)), where_(std::move(where)) {
    begin(connection_.get(), where_);
    for (TypedColumn& one : columns_of(connection_.get(), query, where_)) {
      columns_.push_back(std::move(one.column));
      types_.push_back(one.type);
    }
    run(connection_.get(), "COPY (" + query + "\n) TO STDOUT", where_);
  }

  const std::vector<StreamColumn>& columns() const override { return columns_; }

  bool next(RowBatch& batch) override {
    char* buffer = nullptr;
    const int size = PQgetCopyData(connection_.get(), &buffer, 0);
    const std::unique_ptr<char, decltype(&PQfreemem)> owner(buffer, &PQfreemem);
    if (size == -1) {  // all rows were sent; did the query succeed?
      const Result result(PQgetResult(connection_.get()));
      if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return false;
    }
    if (size < 0) {
      throw Error(ErrorKind::bad_input, message_of(connection_.get()), where_,
                  "run it again; if it fails again, try the query with psql");
    }
    add_row({buffer, static_cast<std::size_t>(size)}, batch);
    return true;
  }

 private:
  /// A line of COPY's text format: cells between tabs, `\N` for NULL, escapes with backslashes.
  void add_row(std::string_view line, RowBatch& batch) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::size_t end = std::min(line.find('\t'), line.size());
      add_cell(i, line.substr(0, end), batch);
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  }

  void add_cell(std::size_t i, std::string_view cell, RowBatch& batch) {
    if (cell == "\\N" || !columns_[i].unreadable.empty()) return batch.add(i, "");
    batch.of_column[i].texts = batch.of_column[i].texts || !is_number(types_[i]);
    if (static_cast<Type>(types_[i]) == Type::boolean) {
      return batch.add(i, cell == "t" ? "true" : "false");
    }
    if (!cell.contains('\\')) return batch.add(i, cell);
    unescaped_.clear();
    for (std::size_t at = 0; at < cell.size(); ++at) {
      if (cell[at] != '\\' || at + 1 == cell.size()) {
        unescaped_ += cell[at];
        continue;
      }
      constexpr std::string_view kLetters = "bfnrtv";
      constexpr std::string_view kMeanings = "\b\f\n\r\t\v";
      const std::size_t letter = kLetters.find(cell[++at]);
      unescaped_ += letter == std::string_view::npos ? cell[at] : kMeanings[letter];
    }
    batch.add(i, unescaped_);
  }

  Connection connection_;
  std::string where_;
  std::vector<StreamColumn> columns_;
  std::vector<Oid> types_;
  std::string unescaped_;
};

/// Runs a statement of write_postgres().
void write(PGconn* connection, const std::string& statement, const std::string& where,
           const std::string& hint = "check the columns of the table and the rights of the user") {
  const Result result(PQexec(connection, statement.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_COPY_IN) return;
  throw Error(ErrorKind::failed, message_of(connection), where, "nothing was written; " + hint);
}

void copy_rows(PGconn* connection, const std::string& table, std::span<const std::string> csv,
               const std::string& where) {
  write(connection, "COPY " + table + " FROM STDIN (FORMAT csv)", where);
  bool sent = true;
  constexpr std::size_t kMostBytes = std::size_t{16} << 20;
  for (const std::string& piece : csv) {
    for (std::size_t at = 0; sent && at < piece.size(); at += kMostBytes) {
      const auto size = static_cast<int>(std::min(kMostBytes, piece.size() - at));
      sent = PQputCopyData(connection, piece.data() + at, size) == 1;
    }
  }
  sent = PQputCopyEnd(connection, nullptr) == 1 && sent;
  const Result result(PQgetResult(connection));
  while (Result(PQgetResult(connection))) {
  }
  if (sent && PQresultStatus(result.get()) == PGRES_COMMAND_OK) return;
  throw Error(ErrorKind::failed, message_of(connection), where,
              "nothing was written; check the columns of the table");
}

/// The table of this name, quoted; matched without regard to case if that is unambiguous. Empty if
/// there is none.
std::string existing_table(PGconn* connection, const std::string& name, const std::string& where) {
  const std::vector<DatabaseTable> tables = tables_of(connection, where);
  for (const bool by_case : {true, false}) {
    const auto key = [&](const std::string& text) { return by_case ? text : lower_ascii(text); };
    const auto is_it = [&](const DatabaseTable& one) {
      return key(one.text()) == key(name) || key(one.schema + "." + one.name) == key(name);
    };
    if (std::ranges::count_if(tables, is_it) != 1) continue;
    const DatabaseTable& found = *std::ranges::find_if(tables, is_it);
    return quoted_name(found.schema) + "." + quoted_name(found.name);
  }
  return {};
}

/// The table to write to, quoted with its schema; made if it does not exist.
std::string table_to_write(PGconn* connection, const DatabaseAddress& address,
                           const RowsToWrite& rows) {
  const std::string& name = address.selection.table;
  std::string table = existing_table(connection, name, address.shown);
  if (!table.empty()) return table;
  const std::size_t point = name.find('.');
  table = point == std::string::npos
              ? quoted_name(name)
              : quoted_name(name.substr(0, point)) + "." + quoted_name(name.substr(point + 1));
  std::string definitions;
  for (const RowsToWrite::Column& column : rows.columns) {
    using Type = RowsToWrite::Column::Type;
    definitions += (definitions.empty() ? "" : ", ") + quoted_name(column.name) +
                   (column.type == Type::number         ? " double precision"
                    : column.type == Type::whole_number ? " bigint"
                                                        : " text");
  }
  write(connection, "CREATE TABLE " + table + " (" + definitions + ")", address.shown);
  return existing_table(connection, name, address.shown);
}

}  // namespace

void write_postgres(const DatabaseAddress& address, const RowsToWrite& rows) {
  const std::string& where = address.shown;
  const Connection owner = connect(address);
  PGconn* const connection = owner.get();
  write(connection, "BEGIN; SET LOCAL client_encoding = 'UTF8'", where);
  const std::string table = table_to_write(connection, address, rows);
  const std::string names = quoted_names(rows.columns);
  // With the types of the table's columns.
  write(connection,
        "CREATE TEMPORARY TABLE vitrine_rows ON COMMIT DROP AS SELECT " + names + " FROM " + table +
            " WITH NO DATA",
        where, "the table needs the columns " + names + "; one that does not exist is made");
  copy_rows(connection, "pg_temp.vitrine_rows", rows.csv, where);
  std::string same;
  std::string changes;
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    const std::string name = quoted_name(rows.columns[i].name);
    if (i < rows.keys) {
      same += (i > 0 ? " AND old." : "old.") + name + " = new." + name;
    } else {
      changes += (i > rows.keys ? ", " : "") + name + " = new." + name;
    }
  }
  std::string fresh;
  if (rows.keys > 0) {
    // Another writer would add the same ids.
    write(connection, "LOCK TABLE " + table + " IN SHARE ROW EXCLUSIVE MODE", where);
    write(connection,
          "UPDATE " + table + " AS old SET " + changes +
              " FROM pg_temp.vitrine_rows AS new WHERE " + same,
          where);
    fresh = " WHERE NOT EXISTS (SELECT 1 FROM " + table + " AS old WHERE " + same + ")";
  }
  write(connection,
        "INSERT INTO " + table + " (" + names + ") SELECT " + names +
            " FROM pg_temp.vitrine_rows AS new" + fresh,
        where);
  write(connection, "COMMIT", where);
}

RowSource open_postgres(const DatabaseAddress& address) {
  const std::string& where = address.shown;
  const Connection connection = connect(address);
  begin(connection.get(), where);
  std::string query = inner_query(address.selection.query);
  if (address.selection.query.empty()) {
    const auto tables = tables_of(connection.get(), where);
    const DatabaseTable& table = table_named(tables, address.selection.table, where);
    query = "SELECT * FROM " + quoted_name(table.schema) + "." + quoted_name(table.name);
  }
  if (query.empty()) throw Error(ErrorKind::usage, "the query is empty", where, "give one SELECT");
  columns_of(connection.get(), query, where);
  return {where, [address, query] {
            return std::make_unique<PostgresStream>(connect(address), query, address.shown);
          }};
}

}  // namespace vitrine::data
