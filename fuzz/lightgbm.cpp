// LightGBM's models as text.
#include "interop/lightgbm/lightgbm.h"

#include <cstdint>
#include <string_view>

#include "check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    (void)interop::import_lightgbm({reinterpret_cast<const char*>(bytes), size}, {}, "m.txt");
  });
  return 0;
}
