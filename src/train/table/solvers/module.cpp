// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "train/table/solvers/solvers.h"

extern "C" const vitrine::ModuleExports* vitrine_module() {
  using namespace vitrine::train;
  static const SolverEntryPoints entry_points{
      .fit_liblinear = solve_liblinear,
  };
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
