// Rows as JSON.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "check.h"
#include "data/table/row.h"
#include "data/table/test_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  static const data::TableSchema schema = data::fruit_schema();
  static const data::JsonRowReader reader(schema);
  fuzz::check([&] {
    const data::JsonRows rows = reader.read({reinterpret_cast<const char*>(bytes), size}, 1000);
    if (rows.table.rows != rows.warnings.size() ||
        rows.table.columns.size() != schema.columns.size()) {
      std::abort();
    }
  });
  return 0;
}
