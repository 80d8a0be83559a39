#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vitrine {
namespace {

/// The cgroup v2 CPU limit in cores, or a large number where there is none.
double cgroup_limit() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 1e9;
  return std::atof(quota.c_str()) / period;
}

std::size_t find_core_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  double cores = std::thread::hardware_concurrency();
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  return static_cast<std::size_t>(std::max(1.0, std::min(cores, std::ceil(cgroup_limit()))));
}

}  // namespace

std::size_t core_count() {
  static const std::size_t count = find_core_count();
  return count;
}

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
  static thread_local bool all_taken = false;
  const bool before = all_taken;
  const std::size_t helpers = before ? 1 : std::min(core_count(), count);
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::size_t failed = count;
  std::mutex mutex;
  const auto work = [&] {
    all_taken = before || helpers == core_count();
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        body(i);
      } catch (...) {  // all before i have begun, and will end
        const std::lock_guard lock(mutex);
        if (i < failed) {
          failed = i;
          failure = std::current_exception();
        }
        next = count;
      }
    }
    all_taken = before;
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < helpers; ++i) threads.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace vitrine
