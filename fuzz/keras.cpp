// The description of a Keras model's layers, with weights of many shapes.
#include <cstdint>
#include <stdexcept>
#include <string>

#include "check.h"
#include "interop/keras/network.h"

namespace {

/// Arrays for each name that descriptions of small models need.
vitrine::interop::Hdf5File weights() {
  vitrine::interop::Hdf5File out;
  const auto add = [&](const std::string& layer,
                       const std::vector<std::vector<std::int64_t>>& shapes) {
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      std::size_t count = 1;
      for (const auto side : shapes[i]) count *= static_cast<std::size_t>(side);
      out.arrays["layers/" + layer + "/vars/" + std::to_string(i)] = {
          shapes[i], std::vector<float>(count, 0.5F)};
    }
  };
  add("conv2d", {{3, 3, 3, 4}, {4}});
  add("conv2d_1", {{1, 1, 4, 4}, {4}});
  add("depthwise_conv2d", {{3, 3, 4, 1}, {4}});
  add("batch_normalization", {{4}, {4}, {4}, {4}});
  add("dense", {{4, 3}, {3}});
  add("dense_1", {{3, 2}, {2}});
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    interop::KerasParts parts{.layers = {reinterpret_cast<const char*>(bytes), size},
                              .version = size % 2 == 0 ? "3.0" : "2.9",
                              .hdf5 = weights()};
    try {
      (void)interop::write_network(interop::assembled(std::move(parts)), {64, 64});
    } catch (const std::invalid_argument&) {
    } catch (const Json::exception&) {
    }
  });
  return 0;
}
