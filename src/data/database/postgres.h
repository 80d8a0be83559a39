// Tables and queries of PostgreSQL servers.
#pragma once

#include "data/database/address.h"
#include "data/database/row_stream.h"

namespace vitrine::data {

/// Connects, and finds the table or checks the query. Rows come by COPY, in a read-only transaction
/// of isolation level REPEATABLE READ; times with a zone are those of UTC. What the address leaves
/// out is as for other clients: PGPASSWORD, ~/.pgpass, sslmode and so on. Throws Error.
RowSource open_postgres(const DatabaseAddress& address);

/// write_database(), by COPY.
void write_postgres(const DatabaseAddress& address, const RowsToWrite& rows);

}  // namespace vitrine::data
