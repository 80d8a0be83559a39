// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "base/error.h"
#include "data/database/address.h"
#include "data/database/postgres.h"
#include "data/database/sqlite.h"
#include "data/database/stream_reader.h"
#include "data/table/format_modules.h"

namespace {

using namespace vitrine::data;

std::unique_ptr<TableReader> open(const std::string& name, const DatabaseSelection& selection) {
  const DatabaseAddress address = parse_address(name, selection);
  return make_stream_reader(address.path.empty() ? open_postgres(address) : open_sqlite(address));
}

void write(const std::string& name, const RowsToWrite& rows) {
  const DatabaseAddress address = parse_address(name, {});
  if (address.selection.table.empty()) {
    throw vitrine::Error(vitrine::ErrorKind::usage, "the address names no table to write to",
                         address.shown, "add ?table=NAME");
  }
  address.path.empty() ? write_postgres(address, rows) : write_sqlite(address, rows);
}

}  // namespace

extern "C" const vitrine::ModuleExports* vitrine_module() {
  static const DatabaseEntryPoints entry_points{.open = open, .write = write};
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
