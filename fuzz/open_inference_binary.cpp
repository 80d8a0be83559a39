// The Open Inference Protocol with binary tensors: the first two bytes are the length of the JSON
// part.
#include <string>

#include "api_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const std::string length = std::to_string(bytes[0] + 256 * bytes[1]);
  vitrine::fuzz::ask(
      "/v2/models/fruit/infer", {reinterpret_cast<const char*>(bytes) + 2, size - 2},
      {{"Content-Type", "application/octet-stream"}, {"Inference-Header-Content-Length", length}});
  return 0;
}
