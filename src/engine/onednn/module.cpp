// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "engine/onednn/compiled_network.h"

extern "C" const vitrine::ModuleExports* vitrine_module() {
  using namespace vitrine::engine;
  static const NetworkEntryPoints entry_points{
      .open = compile_network,
      .measure_ranges = measure_ranges_compiled,
      .has =
          [](Precision precision) {
            return precision == Precision::int8 ? has_int8() : has_bf16();
          },
  };
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
