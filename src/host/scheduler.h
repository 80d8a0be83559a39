// Who may work and when: one pool of threads for everything that takes longer than a
// moment, a bounded queue in front of it, and refusals before the queue grows too long.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/recent_peak.h"
#include "host/ticket.h"
#include "telemetry/server_metrics.h"

namespace vitrine {

struct SchedulerOptions {
  std::size_t workers = 0;       ///< 0: one a core
  std::size_t max_queue = 1000;  ///< requests of one model that may wait
  /// Work that would wait longer than this is refused.
  Duration max_wait = std::chrono::seconds(1);
};

/// What a model's requests cost, learnt as they run. Thread-safe.
class ModelLoad {
 public:
  double seconds() const { return seconds_; }  ///< of a worker, a request
  std::size_t waiting() const { return waiting_; }
  void took(Duration time);
  /// From leaving the queue to the answer: with others in a batch that is longer than its share of
  /// a worker's time.
  void answered_after(Duration time);
  /// How much longer a request takes behind the queue than it would alone.
  double company() const { return std::max(0.0, after_queue_ - seconds_); }

 private:
  friend class Scheduler;
  std::atomic<double> seconds_{0};
  std::atomic<double> after_queue_{0};
  std::atomic<std::size_t> waiting_{0};
};

/// Thread-safe.
class Scheduler {
 public:
  /// Runs on a worker, exactly once. With a refusal the work is not to be done: its
  /// deadline passed, its client left, or the server ends.
  using Task = std::move_only_function<void(const Refusal* refusal)>;

  Scheduler(const SchedulerOptions& options, ServerMetrics& metrics);
  ~Scheduler();

  /// Refuses what still waits; waits for what runs. Nothing runs after it.
  void stop();

  /// Work of a moment that its caller does at once, on an event loop. Throws Refusal where the
  /// request waited too long for the loop itself, or its deadline passed.
  void admit_at_once(const Ticket& ticket);

  /// Whether a request has waited longer than any may.
  bool too_late(Time arrived) const { return Clock::now() - arrived > options_.max_wait; }

  /// Queues work. Throws Refusal where it would wait too long.
  void submit(const std::shared_ptr<ModelLoad>& load, const Ticket& ticket, Task task);

  /// Work that nobody waits for: done when nothing else is; false where too much of it waits.
  bool submit_idle(Task task);

  /// Calls `work` on a worker at `when`, or as soon after as one is free; not after a stop.
  void wake_at(Time when, std::move_only_function<void()> work);

  /// Counts work that was dropped behind the queue.
  void count(const Refusal& refusal) { metrics_.rejected(name_of(refusal.reason)); }

  std::size_t workers() const { return threads_.size(); }

  /// Workers that have nothing to do at the moment: whoever works may use their cores.
  std::size_t idle_workers() const {
    const std::size_t busy = busy_;
    return busy < threads_.size() ? threads_.size() - busy : 0;
  }

 private:
  struct Entry {
    std::shared_ptr<ModelLoad> load;
    Ticket ticket;
    double seconds;  ///< what it was expected to take when it was queued
    Task task;
  };
  void work();
  void run(Entry entry, bool others_wait);
  [[noreturn]] void refuse(Refusal::Reason reason, double seconds);
  /// Seconds until its answer is out, beyond what its work takes, should it begin now.
  double wait_so_far(const ModelLoad& load, const Ticket& ticket, Time now) const;

  SchedulerOptions options_;
  ServerMetrics& metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  std::deque<Task> idle_;
  std::multimap<Time, std::move_only_function<void()>> alarms_;
  double queued_seconds_ = 0;
  std::atomic<std::size_t> busy_{0};
  RecentPeak
      overruns_;  ///< time that work took beyond what it takes as a rule: a core was not there
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vitrine
