// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "train/network/network_trainer.h"

extern "C" const vitrine::ModuleExports* vitrine_module() {
  static const vitrine::train::NetworkTrainerEntryPoints entry_points{
      .train = vitrine::train::train_network};
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
