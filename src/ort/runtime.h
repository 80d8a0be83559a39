// What the module gives: see infer/onnx_runtime.h.
#pragma once

#include "infer/onnx_runtime.h"

namespace vitrine::ort {

std::unique_ptr<Predictor> open_predictor(const ModelFile& file, GraphRewriting rewriting);
std::unique_ptr<NetworkEngine> open_network(std::string_view bytes, const std::string& output,
                                            const std::string& where, GraphRewriting rewriting);
std::unique_ptr<TensorModel> open_tensors(std::string_view bytes, const std::string& where);
std::string version();

}  // namespace vitrine::ort
