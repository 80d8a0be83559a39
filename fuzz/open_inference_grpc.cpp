// The Open Inference Protocol over gRPC: the message of a call.
#include "api_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(bytes), size);
  vitrine::fuzz::ask("/inference.GRPCInferenceService/ModelInfer", body, {}, true);
  vitrine::fuzz::ask("/inference.GRPCInferenceService/ModelMetadata", body, {}, true);
  return 0;
}
