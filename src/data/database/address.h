// The address of a database and what is read of it.
#pragma once

#include <span>
#include <string>

#include "data/table/format_modules.h"

namespace vitrine::data {

/// An address without what libraries of databases do not know: `?table=`, a driver's name.
struct DatabaseAddress {
  std::string shown;   ///< for messages: without a password
  std::string path;    ///< SQLite: the file; empty for PostgreSQL
  std::string server;  ///< PostgreSQL: the URI; empty for SQLite
  DatabaseSelection selection;
};

/// `sqlite:FILE` and SQLAlchemy's `sqlite:///FILE`; `postgresql://...`, `postgres://...` and
/// SQLAlchemy's `postgresql+DRIVER://...`. Throws Error(usage) for others, and for a table that is
/// named twice.
DatabaseAddress parse_address(const std::string& address, const DatabaseSelection& selection);

/// A table of a database.
struct DatabaseTable {
  std::string schema;  ///< empty: of a database without schemas
  std::string name;
  bool usual = true;  ///< of the schema that names without one mean
  std::string text() const { return usual ? name : schema + "." + name; }
};

/// The table of this name, as it is or without regard to case; for an empty name the only one.
/// Throws Error(usage).
const DatabaseTable& table_named(std::span<const DatabaseTable> tables, const std::string& name,
                                 const std::string& where);

/// `"name"`, as SQL quotes it.
std::string quoted_name(const std::string& name);

/// The quoted names of the columns of rows, with commas.
std::string quoted_names(std::span<const RowsToWrite::Column> columns);

}  // namespace vitrine::data
