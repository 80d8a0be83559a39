// The Open Inference Protocol v2 over gRPC, without the transport (serve/grpc/generic_server.h): a
// call is a request whose body is a message of inference.proto.
#pragma once

#include "serve/api/open_inference_tensors.h"
#include "serve/api/protocol_adapter.h"

namespace inference {
class ModelInferRequest;
}

namespace vitrine::serve {

inline constexpr std::string_view kGrpcService = "inference.GRPCInferenceService";
inline constexpr std::string_view kHealthService = "grpc.health.v1.Health";

/// The adapter of ModelInfer. A request with raw contents gets raw contents. `stream`: a message of
/// ModelStreamInfer, where responses and errors are messages.
std::unique_ptr<ProtocolAdapter> grpc_adapter(
    std::shared_ptr<const inference::ModelInferRequest> message, bool stream);

/// An error for gRPC: the body is the text of the gRPC status, or in a stream a message with that
/// text.
HttpResponse grpc_error(const Error& error, bool stream);

/// Whether this is a message of ModelStreamInfer.
bool is_stream(const HttpRequest& request);

}  // namespace vitrine::serve
