// Loops and background jobs on several cores.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace vitrine {

/// The number of cores that this process may use (CPU affinity and the cgroup's CPU limit), at
/// least 1. Computed once. Thread-safe.
std::size_t core_count();

/// Runs `body(i)` for each i in [0, count) on up to core_count() threads and returns when all
/// calls have returned. Bodies must not write to shared data. For repeatable results, store one
/// partial result for each i and add them up in order afterwards. If bodies throw, no further
/// ones start and the exception of the smallest i is rethrown. A nested call runs on the calling
/// thread if the outer loop already uses all cores.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

/// Runs jobs on a second thread while the calling thread continues. Not thread-safe: one thread
/// calls add() and wait().
class BackgroundTasks {
 public:
  /// `helped`: the first add() starts a thread. Without it, or without a second core, or if the
  /// thread can't be started, wait() runs the jobs.
  explicit BackgroundTasks(bool helped) : helped_(helped && core_count() > 1) {}
  /// Discards jobs that have not started, and waits for the one that is running.
  ~BackgroundTasks();
  BackgroundTasks(const BackgroundTasks&) = delete;
  BackgroundTasks& operator=(const BackgroundTasks&) = delete;

  void add(std::function<void()> job);

  /// Returns when all jobs are done; this thread runs some of them. Rethrows the exception of the
  /// first job that failed.
  void wait();

 private:
  void work();
  bool do_one(std::unique_lock<std::mutex>& lock);

  bool helped_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  std::size_t running_ = 0;
  bool over_ = false;
  std::exception_ptr failure_;
  std::thread helper_;
};

}  // namespace vitrine
