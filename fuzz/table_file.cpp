// Files of tables: compressed, in other encodings, ARFF, JSON. A table that can be read has as many
// row offsets as rows, and its schema survives the card.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "check.h"
#include "data/table/schema_inference.h"
#include "data/table/table_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    const data::TableFile file(std::string(reinterpret_cast<const char*>(bytes), size), "t", {});
    const data::RawTable raw = file.read();
    if (raw.row_offsets.size() != raw.rows) std::abort();
    std::vector<data::Warning> warnings;
    const data::TableSchema schema = data::infer_columns(raw, {}, warnings);
    for (const data::Column& column : schema.columns) {
      const Json json = data::to_json(column.format);
      if (!column.format.plain && data::number_format_from_json(json) != column.format) {
        std::abort();
      }
    }
  });
  return 0;
}
