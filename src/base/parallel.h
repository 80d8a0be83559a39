// Work shared among all cores.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace vitrine {

/// Cores this process may use (affinity and the cgroup's CPU limit), at least 1.
std::size_t core_count();

/// Runs `body(i)` for each i in [0, count) on up to core_count() threads and
/// returns when all are done. Bodies must not touch the same data. What is
/// computed must not depend on which thread ran it: sum per i, then add up in
/// order. Of the exceptions thrown that of the least i is thrown again here.
/// Inside a body it runs on the body's own thread where all cores are taken already.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

/// Jobs that another core does while this thread goes on. One thread adds and waits.
class Aside {
 public:
  /// `helped`: by a thread, from the first job on. Otherwise, and where there is no second core or
  /// no thread can be had, wait() does them.
  explicit Aside(bool helped) : helped_(helped && core_count() > 1) {}
  /// Jobs that nobody waited for may not have been done.
  ~Aside();
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

  void add(std::function<void()> job);

  /// Returns when all are done, some by this thread. Throws what the first that failed threw.
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
