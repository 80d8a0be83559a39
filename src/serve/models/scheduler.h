// The pool of worker threads with a bounded queue. It refuses work that could not be done in time
// (load shedding).
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
#include "serve/models/ticket.h"
#include "telemetry/server_metrics.h"

namespace vitrine::serve {

struct SchedulerOptions {
  std::size_t workers = 0;       ///< number of threads; 0: one per core
  std::size_t max_queue = 1000;  ///< maximum number of waiting requests per model
  /// Maximum queueing time: work whose estimated wait exceeds it is refused.
  Duration max_wait = std::chrono::seconds(1);
  const TimeSource* time = &machine_time();  ///< must outlive the scheduler
};

/// The measured cost of a model's requests (moving averages). Thread-safe.
class ModelLoad {
 public:
  double seconds() const { return seconds_; }  ///< worker time per request
  std::size_t waiting() const { return waiting_; }
  /// A request took so much of a worker's time.
  void took(Duration time);
  /// Time from leaving the queue to the response. In a batch it is longer than the request's share
  /// of a worker's time.
  void answered_after(Duration time);
  /// Seconds that a request takes after the queue beyond its own worker time.
  double batching_overhead() const { return std::max(0.0, after_queue_ - seconds_); }

 private:
  friend class Scheduler;
  std::atomic<double> seconds_{0};
  std::atomic<double> after_queue_{0};
  std::atomic<std::size_t> waiting_{0};
};

/// Thread-safe.
class Scheduler {
 public:
  /// Runs on a worker, exactly once. With a refusal it must not do the work: the deadline passed,
  /// the client disconnected, or the server stops.
  using Task = std::move_only_function<void(const Refusal* refusal)>;

  Scheduler(const SchedulerOptions& options, telemetry::ServerMetrics& metrics);
  ~Scheduler();

  /// Refuses waiting tasks and waits for running ones. No task runs after it returns.
  void stop();

  /// Checks a short request that the caller will handle itself, on its event loop. Throws Refusal
  /// if the request waited too long for the loop, or its deadline passed.
  void admit_at_once(const Ticket& ticket);

  /// Whether a request has waited longer than the maximum queueing time.
  bool too_late(Time arrived) const { return time().now() - arrived > options_.max_wait; }

  /// Queues work. Throws Refusal if the queue is full, the estimated wait is too long, the deadline
  /// can't be met, or the scheduler stops.
  void submit(const std::shared_ptr<ModelLoad>& load, const Ticket& ticket, Task task);

  /// Queues low-priority work, which runs when there is no other. Returns false if too much of it
  /// (64 tasks) waits already.
  bool submit_idle(Task task);

  /// Calls `work` on a worker at `when`, or as soon as a worker is free after that; not after a
  /// stop.
  void wake_at(Time when, std::move_only_function<void()> work);

  /// Counts work that was dropped after it left the queue.
  void count(const Refusal& refusal) { metrics_.rejected(name_of(refusal.reason)); }

  /// The clock of all queues and deadlines.
  const TimeSource& time() const { return *options_.time; }

  std::size_t workers() const { return threads_.size(); }

  /// Number of workers without work; a busy worker may use their cores.
  std::size_t idle_workers() const {
    const std::size_t busy = busy_;
    return busy < threads_.size() ? threads_.size() - busy : 0;
  }

 private:
  struct Entry {
    std::shared_ptr<ModelLoad> load;
    Ticket ticket;
    double seconds;  ///< estimated worker time when it was queued
    Task task;
  };
  void work();
  void run(Entry entry, bool others_wait);
  [[noreturn]] void refuse(Refusal::Reason reason, double seconds);
  /// Estimated seconds from arrival to the sent response, without the request's own work, if it
  /// began now.
  double wait_so_far(const ModelLoad& load, const Ticket& ticket, Time now) const;

  SchedulerOptions options_;
  telemetry::ServerMetrics& metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  std::deque<Task> idle_;
  std::multimap<Time, std::move_only_function<void()>> alarms_;
  double queued_seconds_ = 0;
  std::atomic<std::size_t> busy_{0};
  RecentPeak
      overruns_;  ///< recent excess of task times over their estimates: workers without a core
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vitrine::serve
