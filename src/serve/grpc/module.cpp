// The module's entry point.
#include "base/module.h"
#include "base/build_id.h"
#include "serve/grpc/generic_server.h"

extern "C" const vitrine::ModuleExports* vitrine_module() {
  static const vitrine::serve::GrpcEntryPoints entry_points{
      .open = vitrine::serve::open_generic_server};
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
