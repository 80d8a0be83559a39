// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
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

}  // namespace

extern "C" const vitrine::ModuleExports* vitrine_module() {
  static const DatabaseEntryPoints entry_points{.open = open};
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
