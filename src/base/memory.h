// The memory limit of this process.
#pragma once

#include <cstddef>

namespace vitrine {

/// The minimum, in bytes, of the physical memory and the limits of this process's control groups
/// (memory.max of version 2, memory.limit_in_bytes of version 1). Read again on each call.
std::size_t memory_limit();

}  // namespace vitrine
