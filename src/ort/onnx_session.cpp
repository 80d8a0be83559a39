#include "ort/onnx_session.h"

#include <onnx/defs/operator_sets.h>
#include <onnx/defs/schema.h>

#include "base/error.h"
#include "ort/runtime.h"

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

Ort::Session open_session(std::string_view bytes, const std::string& where) {
  Ort::SessionOptions options;
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
