// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "engine/ort/runtime.h"

extern "C" const vitrine::ModuleExports* vitrine_module() {
  using namespace vitrine::engine;
  static const RuntimeEntryPoints entry_points{
      .predictor = open_ort_predictor,
      .network = open_ort_network,
      .tensors = open_ort_tensors,
      .version = ort_version,
  };
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
