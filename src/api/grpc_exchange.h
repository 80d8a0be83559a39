// The Open Inference Protocol v2 over gRPC: messages in, messages out. How they reach the server is
// src/grpc's business; here a call is a request whose body is a message of inference.proto.
#pragma once

#include "api/exchange.h"
#include "api/open_inference_tensors.h"

namespace inference {
class ModelInferRequest;
}

namespace vitrine {

inline constexpr std::string_view kGrpcService = "inference.GRPCInferenceService";
inline constexpr std::string_view kHealthService = "grpc.health.v1.Health";

/// Asks a model: ModelInfer. Raw contents are answered by raw contents. `stream`: a message of
/// ModelStreamInfer, whose answers and errors alike are messages.
std::unique_ptr<Exchange> grpc_exchange(std::shared_ptr<const inference::ModelInferRequest> message,
                                        bool stream);

/// An error as gRPC says it: the body is the status' message, in plain text, or in a stream a
/// message that holds it.
HttpResponse grpc_error(const Error& error, bool stream);

/// Whether this is a message of ModelStreamInfer.
bool is_stream(const HttpRequest& request);

}  // namespace vitrine
