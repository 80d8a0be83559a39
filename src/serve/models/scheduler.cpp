#include "serve/models/scheduler.h"

#include <algorithm>
#include <optional>

#include "base/parallel.h"

namespace vitrine::serve {
namespace {

constexpr std::size_t kMostIdle = 64;

Duration as_duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

namespace {

/// Updates an exponential moving average. Concurrent updates may lose one sample.
void update_average(std::atomic<double>& average, double now, double weight) {
  const double known = average;
  average = known == 0 ? now : known + weight * (now - known);
}

}  // namespace

// A small weight, because the times vary much: some tasks only decode, others also run a batch.
void ModelLoad::took(Duration time) { update_average(seconds_, seconds_of(time), 0.03); }
void ModelLoad::answered_after(Duration time) {
  update_average(after_queue_, seconds_of(time), 0.03);
}

Scheduler::Scheduler(const SchedulerOptions& options, telemetry::ServerMetrics& metrics)
    : options_(options), metrics_(metrics) {
  const std::size_t workers = options.workers > 0 ? options.workers : core_count();
  for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

Scheduler::~Scheduler() { stop(); }

void Scheduler::stop() {
  std::deque<Entry> left;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(queue_);
    idle_.clear();
    alarms_.clear();
  }
  changed_.notify_all();
  const Refusal refusal(Refusal::Reason::stopping, std::chrono::seconds(1));
  for (Entry& entry : left) entry.task(&refusal);
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Scheduler::refuse(Refusal::Reason reason, double seconds) {
  metrics_.rejected(name_of(reason));
  throw Refusal(reason, as_duration(seconds));
}

void Scheduler::admit_at_once(const Ticket& ticket) {
  if (too_late(ticket.arrived)) refuse(Refusal::Reason::overloaded, seconds_of(options_.max_wait));
  if (ticket.deadline != Time::max() && time().now() >= ticket.deadline) {
    refuse(Refusal::Reason::deadline, 1);
  }
}

double Scheduler::wait_so_far(const ModelLoad& load, const Ticket& ticket, Time now) const {
  // The margin alone must not refuse a request, because one long request may have caused it: it is
  // at most half of the maximum.
  const Duration margin = ticket.return_latency + overruns_.at(now);
  return seconds_of(now - ticket.arrived + std::min(margin, options_.max_wait / 2)) +
         load.batching_overhead();
}

void Scheduler::submit(const std::shared_ptr<ModelLoad>& load, const Ticket& ticket, Task task) {
  {
    const std::lock_guard lock(mutex_);
    const double wait = queued_seconds_ / static_cast<double>(threads_.size());
    const double in_all = wait + wait_so_far(*load, ticket, time().now());
    if (stopping_) refuse(Refusal::Reason::stopping, 1);
    if (load->waiting_ >= options_.max_queue) refuse(Refusal::Reason::queue_full, wait);
    if (in_all > seconds_of(options_.max_wait)) refuse(Refusal::Reason::overloaded, wait);
    // If a worker is free, the request runs whatever its estimate is. Otherwise an estimate from
    // large requests could refuse small ones forever and would never be corrected.
    const double until_done = queue_.empty() && idle_workers() > 0 ? 0 : wait + load->seconds();
    if (ticket.deadline != Time::max() &&
        time().now() + as_duration(until_done) > ticket.deadline) {
      refuse(Refusal::Reason::deadline, wait);
    }
    ++load->waiting_;
    queued_seconds_ += load->seconds();
    queue_.push_back({load, ticket, load->seconds(), std::move(task)});
  }
  metrics_.queued(1);
  changed_.notify_one();
}

bool Scheduler::submit_idle(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || idle_.size() >= kMostIdle) return false;
    idle_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void Scheduler::wake_at(Time when, std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    alarms_.emplace(when, std::move(work));
  }
  changed_.notify_one();
}

void Scheduler::work() {
  for (;;) {
    std::optional<Entry> entry;
    Task idle;
    std::move_only_function<void()> alarm;
    bool others_wait = false;
    {
      std::unique_lock lock(mutex_);
      const auto rings = [this] {
        return !alarms_.empty() && alarms_.begin()->first <= time().now();
      };
      while (!stopping_ && queue_.empty() && idle_.empty() && !rings()) {
        if (alarms_.empty()) {
          changed_.wait(lock);
        } else {
          const Time first = alarms_.begin()->first;  // a copy: the map may change meanwhile
          time().wait_until(changed_, lock, first);
        }
      }
      if (stopping_) return;
      if (rings()) {
        alarm = std::move(alarms_.begin()->second);
        alarms_.erase(alarms_.begin());
      } else if (!queue_.empty()) {
        entry = std::move(queue_.front());
        queue_.pop_front();
        queued_seconds_ = queue_.empty() ? 0 : std::max(0.0, queued_seconds_ - entry->seconds);
        --entry->load->waiting_;
        others_wait = !queue_.empty();
      } else {
        idle = std::move(idle_.front());
        idle_.pop_front();
      }
    }
    ++busy_;
    if (alarm) {
      alarm();
    } else if (entry) {
      metrics_.queued(-1);
      run(std::move(*entry), others_wait);
    } else {
      idle(nullptr);
    }
    --busy_;
  }
}

void Scheduler::run(Entry entry, bool others_wait) {
  const Time now = time().now();
  const Presence presence = entry.ticket.presence();
  std::optional<Refusal> refusal;
  if (now >= entry.ticket.deadline) {
    refusal.emplace(Refusal::Reason::deadline, std::chrono::seconds(1));
  } else if (presence == Presence::gone || (presence == Presence::half_closed && others_wait)) {
    refusal.emplace(Refusal::Reason::client_gone, std::chrono::seconds(1));
  } else if (wait_so_far(*entry.load, entry.ticket, now) > seconds_of(options_.max_wait)) {
    // It waited longer than estimated. A late response has no value and delays the next request.
    refusal.emplace(Refusal::Reason::overloaded, std::chrono::seconds(1));
  }
  if (refusal) {
    metrics_.rejected(name_of(refusal->reason));
    entry.task(&*refusal);
    return;
  }
  entry.task(nullptr);
  const Time done = time().now();
  entry.load->took(done - now);
  // A larger overrun is a larger request, not a missing core.
  constexpr auto kMostLost = std::chrono::milliseconds(50);
  const Duration overrun = done - now - as_duration(entry.load->seconds());
  if (overrun < kMostLost) overruns_.note(overrun, done);
}

}  // namespace vitrine::serve
