#include "engine/onnx_runtime.h"

#include "base/module.h"

namespace vitrine::engine {
namespace {

const RuntimeEntryPoints& entry_points() {
  static const auto& found =
      load_module<RuntimeEntryPoints>("ort", "ONNX Runtime, which this model needs,");
  return found;
}

}  // namespace

std::unique_ptr<Predictor> open_onnx_runtime(const model::ModelFile& file,
                                             GraphRewriting rewriting) {
  return entry_points().predictor(file, rewriting);
}

std::unique_ptr<NetworkEngine> open_runtime_network(std::string_view bytes,
                                                    const std::string& output,
                                                    const std::string& where,
                                                    GraphRewriting rewriting) {
  return entry_points().network(bytes, output, where, rewriting);
}

std::unique_ptr<TensorModel> open_runtime_tensors(std::string_view bytes,
                                                  const std::string& where) {
  return entry_points().tensors(bytes, where);
}

std::string onnx_runtime_version() { return entry_points().version(); }

}  // namespace vitrine::engine
