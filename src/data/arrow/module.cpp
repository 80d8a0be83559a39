// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "data/arrow/columnar_reader.h"
#include "data/table/format_modules.h"

extern "C" const vitrine::ModuleExports* vitrine_module() {
  static const vitrine::data::ArrowEntryPoints entry_points{
      .open = vitrine::data::open_columnar_reader};
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
