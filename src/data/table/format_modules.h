// Loads the readers of table formats that need large libraries, each as a module at the first such
// file: spreadsheets (expat), Parquet and Arrow (Arrow's C++ library), databases (libpq, SQLite).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/table/raw_table.h"
#include "data/table/table_reader.h"
#include "data/table/zip.h"

namespace vitrine::data {

/// A sheet of a workbook as CSV with commas; a line for each row.
struct SheetText {
  std::string csv;
  std::vector<bool> plain_columns;  ///< ReadOptions::plain_columns
  std::vector<Warning> warnings;
};

/// True if a zip file is a workbook: xlsx or ods.
bool is_workbook(const ZipFile& zip);

/// The sheet of this name, or the first one that has cells. Throws Error(bad_input), Error(usage)
/// for an unknown sheet, and Error(failed) if the module can't be loaded. Thread-safe.
SheetText read_sheet(const ZipFile& zip, const std::string& where, const std::string& sheet);

/// True for Parquet and for Arrow's file (Feather) and stream formats, by the first and last bytes.
bool is_columnar(std::string_view bytes);

/// Opens such a file. `bytes` must outlive the reader. Throws as above. Thread-safe.
std::unique_ptr<TableReader> open_columnar(std::string_view bytes, const std::string& where);

/// What is read of a database: one of both, or neither for its only table.
struct DatabaseSelection {
  std::string table;  ///< `schema.name` of PostgreSQL may be given
  std::string query;  ///< one SELECT
};

/// True for a file of SQLite, by its first bytes.
bool is_sqlite(std::string_view bytes);

/// Opens sqlite:FILE, postgresql://... or postgres://...; `?table=NAME` may name the table. Nothing
/// is written. All rows are those of one moment: a read transaction. Throws Error(bad_input) for a
/// database that can't be opened and a query that fails, Error(usage) for an unknown table, and
/// Error(failed) if the module can't be loaded. Thread-safe.
std::unique_ptr<TableReader> open_database(const std::string& address,
                                           const DatabaseSelection& selection);

/// Rows for a table of a database.
struct RowsToWrite {
  struct Column {
    std::string name;
    enum class Type { text, number, whole_number } type = Type::text;  ///< of a new table
  };
  std::vector<Column> columns;
  /// The first so many columns: of a row that is equal in them, the other columns are changed.
  std::size_t keys = 0;
  std::span<const std::string> csv;  ///< lines of CSV with commas and without a header
};

/// Writes rows into the table that `?table=NAME` of the address names, in one transaction: all or
/// none. A table that does not exist is made; of one that does, only these columns are written. An
/// empty field is NULL. A missing file of SQLite is made. Throws Error(usage) for an address
/// without a table, Error(failed) if the database refuses the rows. Thread-safe.
void write_database(const std::string& address, const RowsToWrite& rows);

/// The functions of the modules.
struct SpreadsheetEntryPoints {
  SheetText (*read_sheet)(const ZipFile& zip, const std::string& where, const std::string& sheet);
};
struct ArrowEntryPoints {
  std::unique_ptr<TableReader> (*open)(std::string_view bytes, const std::string& where);
};

struct DatabaseEntryPoints {
  std::unique_ptr<TableReader> (*open)(const std::string& address,
                                       const DatabaseSelection& selection);
  void (*write)(const std::string& address, const RowsToWrite& rows);
};

}  // namespace vitrine::data
