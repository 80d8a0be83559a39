#include "serve/grpc_server.h"

#include "base/module.h"

namespace vitrine {

using Open = std::unique_ptr<GrpcServer>(GrpcOptions);

GrpcModule::GrpcModule() {
  const Module module("grpc", "the part that speaks gRPC", grpc_build());
  open_ = reinterpret_cast<void*>(module.function<Open>("vitrine_open_grpc"));
}

std::unique_ptr<GrpcServer> GrpcModule::open(GrpcOptions options) const {
  return reinterpret_cast<Open*>(open_)(std::move(options));
}

}  // namespace vitrine
