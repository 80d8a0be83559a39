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

vitrine::ActivationRanges vitrine_measure_ranges(const vitrine::NetworkRequest& request,
                                                 std::span<const std::uint8_t> pixels,
                                                 std::size_t count) {
  return vitrine::measure_ranges_compiled(request, pixels, count);
}

bool vitrine_has(vitrine::Precision precision) {
  return precision == vitrine::Precision::int8 ? vitrine::has_int8() : vitrine::has_bf16();
}
}
