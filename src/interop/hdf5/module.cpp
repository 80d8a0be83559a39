// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "interop/hdf5/reader.h"

extern "C" const vitrine::ModuleExports* vitrine_module() {
  static const vitrine::interop::Hdf5EntryPoints entry_points{.read =
                                                                  vitrine::interop::read_in_child};
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
