// ONNX Runtime: runs any model, and is the oracle of every faster engine.
#pragma once

#include <memory>

#include "infer/predictor.h"

namespace vitrine {

/// See open_predictor.
std::unique_ptr<Predictor> open_onnx_runtime(const ModelFile& file);

/// "1.21.0"
std::string onnx_runtime_version();

}  // namespace vitrine
