#include "engine/ort/onnx_session.h"

#include <onnx/defs/operator_sets.h>
#include <onnx/defs/schema.h>
#include <onnxruntime_session_options_config_keys.h>

#include "base/error.h"
#include "engine/ort/runtime.h"
#include "engine/ort/workarounds.h"

namespace vitrine::engine {
namespace {

/// The environment of the process. ONNX Runtime registers its schemas in the registry of libonnx,
/// which registers its own at the first access. Both have the same names: unless libonnx comes
/// first and is deregistered, hundreds of errors about duplicates are printed.
const Ort::Env& environment() {
  static const Ort::Env env = [] {
    ::onnx::OpSchemaRegistry::Schema("Add");
    ::onnx::DeregisterOnnxOperatorSetSchema();
    for (const char* domain : {"ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"}) {
      ::onnx::OpSchemaRegistry::OpSchemaDeregisterAll(domain);
    }
    return Ort::Env(ORT_LOGGING_LEVEL_FATAL, "vitrine");
  }();
  return env;
}

std::string first_line(const char* text) {
  const std::string_view all(text);
  return shown(all.substr(0, all.find('\n')), 300);
}

}  // namespace

Ort::Session open_session(std::string_view bytes, const std::string& where,
                          GraphRewriting rewriting) {
  Ort::SessionOptions options;
  const Workarounds workarounds = workarounds_for(bytes);
  if (workarounds.graph) bytes = *workarounds.graph;
  if (rewriting == GraphRewriting::off) {
    options.SetGraphOptimizationLevel(ORT_DISABLE_ALL);
  } else if (!workarounds.disabled_passes.empty()) {
    options.AddConfigEntry(kOrtSessionOptionsDisableSpecifiedOptimizers,
                           workarounds.disabled_passes.c_str());
  }
  // Without VNNI, products of unsigned and signed bytes overflow 16 bits.
  if (__builtin_cpu_supports("avx512vnni") == 0) {
    options.AddConfigEntry(kOrtSessionOptionsAvx2PrecisionMode, "1");
  }
  options.SetIntraOpNumThreads(1);  // callers distribute rows and photos over threads
  options.SetInterOpNumThreads(1);
  options.SetLogSeverityLevel(4);
  try {
    return {environment(), bytes.data(), bytes.size(), options};
  } catch (const Ort::Exception& problem) {
    throw Error(
        ErrorKind::bad_model,
        "ONNX Runtime " + ort_version() + " can't run the graph: " + first_line(problem.what()),
        where,
        "use a file that 'vitrine train' saved; ONNX Runtime 1.21 supports up to IR version 10 and "
        "opset 22");
  }
}

std::string ort_version() { return Ort::GetVersionString(); }

}  // namespace vitrine::engine
