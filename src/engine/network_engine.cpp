#include "engine/network_engine.h"

#include "base/error.h"
#include "base/module.h"

namespace vitrine::engine {
namespace {

const NetworkEntryPoints& entry_points() {
  static const auto& found = load_module<NetworkEntryPoints>("cnn", "the part that runs networks");
  return found;
}

}  // namespace

std::unique_ptr<NetworkEngine> open_compiled_network(const NetworkOptions& request,
                                                     std::string& why) {
  try {
    return entry_points().open(request);
  } catch (const Error& error) {
    why = error.message;
    return nullptr;
  } catch (const std::exception& problem) {  // such as std::bad_alloc
    why = problem.what();
    return nullptr;
  }
}

model::ActivationRanges measure_ranges(const NetworkOptions& request,
                                       std::span<const std::uint8_t> pixels, std::size_t count) {
  return entry_points().measure_ranges(request, pixels, count);
}

void require_network_module() { (void)entry_points(); }

bool processor_has(Precision precision) {
  if (precision == Precision::f32) return true;
  try {
    return entry_points().has(precision);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace vitrine::engine
