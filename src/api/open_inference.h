// The Open Inference Protocol v2 over HTTP: what KServe's and Triton's clients speak.
// https://github.com/kserve/open-inference-protocol, with Triton's extension for binary
// tensors.
#pragma once

#include "api/exchange.h"

namespace vitrine {

inline constexpr const char* kPlatform = "onnx_vitrine";

std::unique_ptr<Exchange> open_inference_exchange();

Json open_inference_server();  ///< GET /v2
Json open_inference_model(const CatalogueEntry& entry, const ServedModel& model);
Json open_inference_config(const ServedModel& model);

/// POST /v2/repository/index; `ready_only` leaves out what can't answer.
Json repository_index(const Catalogue& catalogue, bool ready_only);

}  // namespace vitrine
