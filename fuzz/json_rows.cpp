// Rows as JSON.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "data/table/row.h"
#include "fuzz_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  static const data::TableSchema schema = fuzz::fruit_schema();
  static const data::JsonRowReader reader(schema);
  try {
    const data::JsonRows rows = reader.read({reinterpret_cast<const char*>(bytes), size}, 1000);
    if (rows.table.rows != rows.warnings.size() ||
        rows.table.columns.size() != schema.columns.size()) {
      std::abort();
    }
  } catch (const Error& error) {
    if (error.message.empty() || error.where.empty() || error.hint.empty()) std::abort();
  }
  return 0;
}
