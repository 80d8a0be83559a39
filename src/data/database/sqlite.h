// Tables and queries of SQLite databases.
#pragma once

#include "data/database/address.h"
#include "data/database/row_stream.h"

namespace vitrine::data {

/// Finds the table, or checks the query. The file is opened to read only; a database that another
/// program writes to is waited for up to 5 s. Throws Error.
RowSource open_sqlite(const DatabaseAddress& address);

/// write_database().
void write_sqlite(const DatabaseAddress& address, const RowsToWrite& rows);

}  // namespace vitrine::data
