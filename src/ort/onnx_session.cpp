#include "ort/onnx_session.h"

#include <onnx/defs/operator_sets.h>
#include <onnx/defs/schema.h>
#include <onnxruntime_session_options_config_keys.h>

#include "base/error.h"
#include "ort/runtime.h"
#include "ort/workarounds.h"

namespace vitrine {
namespace {

/// One for the process. ONNX Runtime fills the schema registry of libonnx, which
/// fills itself when it is first asked: unless that happens first and is undone,
/// every schema is registered twice and hundreds of errors are printed.
const Ort::Env& environment() {
  static const Ort::Env env = [] {
    onnx::OpSchemaRegistry::Schema("Add");
    onnx::DeregisterOnnxOperatorSetSchema();
    for (const char* domain : {"ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"}) {
      onnx::OpSchemaRegistry::OpSchemaDeregisterAll(domain);
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
  // Without VNNI products of unsigned and signed bytes overflow in 16 bits.
  if (__builtin_cpu_supports("avx512vnni") == 0) {
    options.AddConfigEntry(kOrtSessionOptionsAvx2PrecisionMode, "1");
  }
  options.SetIntraOpNumThreads(1);  // rows are shared among threads by us
  options.SetInterOpNumThreads(1);
  options.SetLogSeverityLevel(4);
  try {
    return {environment(), bytes.data(), bytes.size(), options};
  } catch (const Ort::Exception& problem) {
    throw Error(
        ErrorKind::bad_model,
        "ONNX Runtime " + ort::version() + " can't run the graph: " + first_line(problem.what()),
        where, "use a file that 'vitrine train' saved; 1.21 reads IR 10 and opset 22 at most");
  }
}

std::string ort::version() { return Ort::GetVersionString(); }

}  // namespace vitrine
