// The module's only door.
#include "cnn/compiled_network.h"

extern "C" {

const char* vitrine_cnn_build() {
  static const std::string build = vitrine::cnn_build();
  return build.c_str();
}

std::unique_ptr<vitrine::NetworkEngine> vitrine_open_network(
    const vitrine::NetworkRequest& request) {
  return vitrine::compile_network(request);
}

bool vitrine_has_bf16() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_bf16; }
}
