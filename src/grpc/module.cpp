// The module's only door.
#include "grpc/generic_server.h"

extern "C" {

const char* vitrine_grpc_build() {
  static const std::string build = vitrine::grpc_build();
  return build.c_str();
}

std::unique_ptr<vitrine::GrpcServer> vitrine_open_grpc(vitrine::GrpcOptions options) {
  return vitrine::open_generic_server(std::move(options));
}
}
