#include "infer/onnx_runtime.h"

#include "base/module.h"

namespace vitrine {
namespace {

const RuntimeDoors& doors() {
  static const RuntimeDoors found = [] {
    const Module module("ort", "ONNX Runtime, which this model needs,", ort_build());
    return *module.function<const RuntimeDoors*()>("vitrine_ort_doors")();
  }();
  return found;
}

}  // namespace

std::unique_ptr<Predictor> open_onnx_runtime(const ModelFile& file, GraphRewriting rewriting) {
  return doors().predictor(file, rewriting);
}

std::unique_ptr<NetworkEngine> open_runtime_network(std::string_view bytes,
                                                    const std::string& output,
                                                    const std::string& where,
                                                    GraphRewriting rewriting) {
  return doors().network(bytes, output, where, rewriting);
}

std::unique_ptr<TensorModel> open_runtime_tensors(std::string_view bytes,
                                                  const std::string& where) {
  return doors().tensors(bytes, where);
}

std::string onnx_runtime_version() { return doors().version(); }

}  // namespace vitrine
