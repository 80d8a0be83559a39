// How much memory this process may take.
#pragma once

#include <cstddef>

namespace vitrine {

/// Bytes: the least of what the machine has and what the control groups of this process allow
/// (memory.max of version 2, memory.limit_in_bytes of version 1). Asked anew each time.
std::size_t memory_limit();

}  // namespace vitrine
