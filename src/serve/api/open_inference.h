// The Open Inference Protocol v2 over HTTP, as used by the clients of KServe and Triton.
// https://github.com/kserve/open-inference-protocol, with Triton's extension for binary
// tensors.
#pragma once

#include "serve/api/protocol_adapter.h"

namespace vitrine::serve {

inline constexpr const char* kPlatform = "onnx_vitrine";

std::unique_ptr<ProtocolAdapter> open_inference_adapter();

Json open_inference_server();  ///< GET /v2
Json open_inference_model(const CatalogueEntry& entry, const ServedModel& model);
Json open_inference_config(const ServedModel& model);

/// POST /v2/repository/index; `ready_only` leaves out models that failed to load.
Json repository_index(const Catalogue& catalogue, bool ready_only);

}  // namespace vitrine::serve
