#include "serve/http/grpc_server.h"

#include "base/module.h"

namespace vitrine::serve {

GrpcModule::GrpcModule() : entry_points_(load_module<GrpcEntryPoints>("grpc", "the gRPC server")) {}

std::unique_ptr<GrpcServer> GrpcModule::open(GrpcOptions options) const {
  return entry_points_.open(std::move(options));
}

}  // namespace vitrine::serve
