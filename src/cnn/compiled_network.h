// A network on oneDNN: a plan for one photo on one core, others on more, and memory for those that
// run.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cnn/plan.h"

namespace vitrine {

/// See open_compiled_network.
std::unique_ptr<NetworkEngine> compile_network(const NetworkRequest& request);

/// See measure_ranges.
ActivationRanges measure_ranges_compiled(const NetworkRequest& request,
                                         std::span<const std::uint8_t> pixels, std::size_t count);

/// "3.7.2"
std::string onednn_version();

}  // namespace vitrine
