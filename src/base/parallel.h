// Work shared among all cores.
#pragma once

#include <cstddef>
#include <functional>

namespace vitrine {

/// Cores this process may use (affinity and the cgroup's CPU limit), at least 1.
std::size_t core_count();

/// Runs `body(i)` for each i in [0, count) on up to core_count() threads and
/// returns when all are done. Bodies must not touch the same data. What is
/// computed must not depend on which thread ran it: sum per i, then add up in
/// order. Of the exceptions thrown that of the least i is thrown again here.
/// Inside a body it runs on the body's own thread where all cores are taken already.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace vitrine
