// CSV tables: a table that can be read has the same rows when it is read in parts, and its schema
// can be inferred and applied.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "check.h"
#include "data/table/csv.h"
#include "data/table/schema_inference.h"
#include "data/table/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  fuzz::check([&] {
    const data::RawTable raw = data::read_csv(text, "t");
    std::size_t rows = 0;
    const auto parts = data::csv_parts(text, "t", {}, 64);
    while (const auto part = parts->next()) rows += part->read().rows;
    if (rows != raw.rows) std::abort();
    if (raw.columns.empty()) return;
    std::vector<data::Warning> warnings;
    const data::TableSchema schema =
        data::infer_schema(raw, {.target = raw.columns.back().name}, warnings);
    const data::Table table = data::apply_schema(schema, raw, {}, warnings);
    if (table.rows != raw.rows) std::abort();
  });
  return 0;
}
