// POST /predict with JSON, plain and explained.
#include "api_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  vitrine::fuzz::ask("/predict", body, {{"Content-Type", "application/json"}});
  vitrine::fuzz::ask("/predict?explain=true", body, {{"Content-Type", "application/json"}});
  return 0;
}
