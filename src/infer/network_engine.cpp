#include "infer/network_engine.h"

#include "base/error.h"
#include "base/module.h"

namespace vitrine {
namespace {

const Module& module() {
  static const Module loaded("cnn", "the part that runs networks", cnn_build());
  return loaded;
}

}  // namespace

std::unique_ptr<NetworkEngine> open_compiled_network(const NetworkRequest& request,
                                                     std::string& why) {
  using Door = std::unique_ptr<NetworkEngine>(const NetworkRequest&);
  try {
    return module().function<Door>("vitrine_open_network")(request);
  } catch (const Error& error) {
    why = error.message;
    return nullptr;
  } catch (const std::exception& problem) {  // no memory, no /proc
    why = problem.what();
    return nullptr;
  }
}

ActivationRanges measure_ranges(const NetworkRequest& request, std::span<const std::uint8_t> pixels,
                                std::size_t count) {
  using Door = ActivationRanges(const NetworkRequest&, std::span<const std::uint8_t>, std::size_t);
  return module().function<Door>("vitrine_measure_ranges")(request, pixels, count);
}

bool processor_has(Precision precision) {
  if (precision == Precision::f32) return true;
  try {
    return module().function<bool(Precision)>("vitrine_has")(precision);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace vitrine
