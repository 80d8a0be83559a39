// Model files: the outline of an ONNX graph, the card, and the compiled table that is read back
// from the graph.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "check.h"
#include "data/table/cell.h"
#include "engine/table/compiled_table.h"
#include "model/model_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    const model::ModelFile file =
        model::parse_model(std::string(reinterpret_cast<const char*>(bytes), size), "m.onnx");
    if (!file.card || file.of_photos()) return;
    const auto predictor = engine::open_compiled_table(file);
    if (predictor) (void)predictor->predict(data::missing_rows(file.card->schema, 3));
  });
  return 0;
}
