// Runs a network with oneDNN. There is a plan for each batch size and number of threads, and
// working memory for each run in progress. All functions are thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/onednn/plan.h"

namespace vitrine::engine {

/// See open_compiled_network(). Throws Error(bad_model) if the graph is not supported.
std::unique_ptr<NetworkEngine> compile_network(const NetworkOptions& request);

/// See measure_ranges().
model::ActivationRanges measure_ranges_compiled(const NetworkOptions& request,
                                                std::span<const std::uint8_t> pixels,
                                                std::size_t count);

/// "3.7.2"
std::string onednn_version();

}  // namespace vitrine::engine
