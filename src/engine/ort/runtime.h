// The functions of the module; engine/onnx_runtime.h documents them.
#pragma once

#include "engine/onnx_runtime.h"

namespace vitrine::engine {

std::unique_ptr<Predictor> open_ort_predictor(const model::ModelFile& file,
                                              GraphRewriting rewriting);
std::unique_ptr<NetworkEngine> open_ort_network(std::string_view bytes, const std::string& output,
                                                const std::string& where, GraphRewriting rewriting);
std::unique_ptr<TensorModel> open_ort_tensors(std::string_view bytes, const std::string& where);
std::string ort_version();

}  // namespace vitrine::engine
