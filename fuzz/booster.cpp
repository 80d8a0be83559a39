// XGBoost's models as JSON and UBJSON.
#include "interop/xgboost/booster.h"

#include <cstdint>
#include <string_view>

#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    (void)interop::import_booster({reinterpret_cast<const char*>(bytes), size}, {}, "m.ubj");
  });
  return 0;
}
