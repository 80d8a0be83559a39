// How ONNX Runtime is opened, in one place.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <string>
#include <string_view>

#include "infer/onnx_runtime.h"

namespace vitrine {

/// A session of one thread (rows and photos are shared among threads by us).
/// `where` names the file in errors. Throws Error(bad_model).
Ort::Session open_session(std::string_view bytes, const std::string& where,
                          GraphRewriting rewriting = GraphRewriting::on);

}  // namespace vitrine
