// gRPC's transport: calls of any name go to the API as requests, with their bytes as they came.
#pragma once

#include "serve/grpc_server.h"

namespace vitrine {

/// See GrpcModule::open.
std::unique_ptr<GrpcServer> open_generic_server(GrpcOptions options);

}  // namespace vitrine
