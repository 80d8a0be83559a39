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

/// "3.7.2"
std::string onednn_version();

}  // namespace vitrine
