// The gRPC transport: passes calls of any method to the API as requests with the message's bytes.
#pragma once

#include "serve/http/grpc_server.h"

namespace vitrine::serve {

/// See GrpcModule::open.
std::unique_ptr<GrpcServer> open_generic_server(GrpcOptions options);

}  // namespace vitrine::serve
