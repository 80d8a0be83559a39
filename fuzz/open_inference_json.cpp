// The Open Inference Protocol with JSON tensors.
#include "api_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  vitrine::fuzz::ask("/v2/models/fruit/infer", body, {{"Content-Type", "application/json"}});
  return 0;
}
