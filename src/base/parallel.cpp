#include "base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace vitrine {
namespace {

/// The cgroup v2 CPU limit in cores; 1e9 without a limit.
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
  // True on threads of a loop that uses all cores: a loop inside its body then runs on one thread.
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
      } catch (...) {  // every smaller index has started and will finish, so the smallest wins
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

BackgroundTasks::~BackgroundTasks() {
  {
    const std::lock_guard lock(mutex_);
    jobs_.clear();
    over_ = true;
  }
  changed_.notify_all();
  if (helper_.joinable()) helper_.join();
}

void BackgroundTasks::add(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
  if (!helped_ || helper_.joinable()) return;
  try {
    helper_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {  // the thread limit is reached: wait() runs the jobs
    helped_ = false;
  }
}

void BackgroundTasks::wait() {
  std::unique_lock lock(mutex_);
  while (do_one(lock)) {
  }
  changed_.wait(lock, [&] { return running_ == 0; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void BackgroundTasks::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return over_ || !jobs_.empty(); });
    if (!do_one(lock)) return;
  }
}

/// Runs the first job, with the lock released. Returns false if there is none.
bool BackgroundTasks::do_one(std::unique_lock<std::mutex>& lock) {
  if (jobs_.empty()) return false;
  const auto job = std::move(jobs_.front());
  jobs_.pop_front();
  ++running_;
  lock.unlock();
  std::exception_ptr failure;
  try {
    job();
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  --running_;
  if (failure && !failure_) failure_ = failure;
  changed_.notify_all();
  return true;
}

}  // namespace vitrine
