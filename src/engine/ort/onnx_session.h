// Opens sessions of ONNX Runtime.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <string>
#include <string_view>

#include "engine/onnx_runtime.h"

namespace vitrine::engine {

/// A session that uses one thread, because callers distribute rows and photos over threads. Applies
/// the workarounds of engine/ort/workarounds.h. `where` names the file in errors. Throws
/// Error(bad_model).
Ort::Session open_session(std::string_view bytes, const std::string& where,
                          GraphRewriting rewriting = GraphRewriting::on);

}  // namespace vitrine::engine
