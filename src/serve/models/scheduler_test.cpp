#include "serve/models/scheduler.h"

#include <gtest/gtest.h>

#include <latch>

#include "base/manual_clock.h"

namespace vitrine::serve {
namespace {

using std::chrono::milliseconds;
using Reason = Refusal::Reason;

SchedulerOptions with_clock(SchedulerOptions options, const ManualClock& clock) {
  options.time = &clock;
  return options;
}

/// One worker that is kept busy until release().
class BusyScheduler {
 public:
  explicit BusyScheduler(SchedulerOptions options)
      : scheduler(with_clock(options, clock), metrics) {
    for (std::size_t i = 0; i < scheduler.workers(); ++i) {
      scheduler.submit(load, {.arrived = clock.now()}, [this](const Refusal*) {
        taken_.count_down();
        go_.wait();
      });
    }
    taken_.wait();
  }
  ~BusyScheduler() { release(); }
  void release() {
    if (!released_) go_.count_down();
    released_ = true;
  }
  std::optional<Reason> submit(Ticket ticket, Scheduler::Task task = [](const Refusal*) {}) {
    try {
      ticket.arrived = std::min(ticket.arrived, clock.now());
      scheduler.submit(load, ticket, std::move(task));
      return std::nullopt;
    } catch (const Refusal& refusal) {
      return refusal.reason;
    }
  }

 private:
  std::latch taken_{1};
  std::latch go_{1};
  bool released_ = false;

 public:
  ManualClock clock;
  telemetry::ServerMetrics metrics;
  std::shared_ptr<ModelLoad> load = std::make_shared<ModelLoad>();
  Scheduler scheduler;
};

SchedulerOptions one_worker() {
  return {.workers = 1, .max_queue = 3, .max_wait = milliseconds(100)};
}

TEST(SchedulerTest, refuses_beyond_the_queue_limit_and_runs_accepted_work) {
  BusyScheduler busy(one_worker());
  std::atomic<int> ran{0};
  const auto count = [&](const Refusal* refusal) { ran += refusal == nullptr ? 1 : 100; };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(busy.submit({}, count), std::nullopt);
  EXPECT_EQ(busy.submit({}, count), Reason::queue_full);
  busy.release();
  while (ran < 3) std::this_thread::yield();
  EXPECT_EQ(ran, 3);
}

TEST(SchedulerTest, refuses_by_estimated_wait) {
  BusyScheduler busy(one_worker());
  busy.load->took(milliseconds(90));  // the measured time per request is 90 ms
  EXPECT_EQ(busy.submit({}), std::nullopt);
  EXPECT_EQ(busy.submit({}), std::nullopt);        // waits for 90 ms
  EXPECT_EQ(busy.submit({}), Reason::overloaded);  // would wait for 180
}

TEST(SchedulerTest, refuses_requests_that_can_not_meet_their_deadline) {
  BusyScheduler busy(one_worker());
  busy.load->took(milliseconds(50));
  EXPECT_EQ(busy.submit({.deadline = busy.clock.now() + milliseconds(20)}), Reason::deadline);
  EXPECT_EQ(busy.submit({.deadline = busy.clock.now() + std::chrono::seconds(20)}), std::nullopt);
}

TEST(SchedulerTest, drops_late_work_and_work_of_disconnected_clients) {
  BusyScheduler busy(one_worker());
  std::vector<std::optional<Reason>> outcomes;
  std::latch done(4);
  const auto note = [&](const Refusal* refusal) {
    outcomes.push_back(refusal == nullptr ? std::nullopt : std::optional(refusal->reason));
    done.count_down();
  };
  auto gone = std::make_shared<std::atomic<Presence>>(Presence::there);
  auto half = std::make_shared<std::atomic<Presence>>(Presence::half_closed);
  EXPECT_EQ(busy.submit({.deadline = busy.clock.now() + milliseconds(30)}, note), std::nullopt);
  EXPECT_EQ(busy.submit({.client = gone}, note), std::nullopt);
  EXPECT_EQ(busy.submit({.client = half}, note), std::nullopt);  // others wait behind it
  *gone = Presence::gone;
  busy.clock.advance(milliseconds(40));
  busy.release();
  while (busy.load->waiting() > 0) std::this_thread::yield();
  // A half-closed client gets a response if no other request waits.
  EXPECT_EQ(busy.submit({.client = half}, note), std::nullopt);
  done.wait();
  EXPECT_EQ(outcomes[0], Reason::deadline);
  EXPECT_EQ(outcomes[1], Reason::client_gone);
  EXPECT_EQ(outcomes[3], std::nullopt);
}

TEST(SchedulerTest, a_stop_refuses_waiting_work) {
  std::atomic<int> stopped{0};
  BusyScheduler busy(one_worker());
  busy.submit(
      {}, [&](const Refusal* refusal) { stopped = refusal->reason == Reason::stopping ? 1 : 2; });
  std::jthread stopper([&] { busy.scheduler.stop(); });
  while (stopped == 0) std::this_thread::yield();
  EXPECT_EQ(stopped, 1);
  busy.release();
  stopper.join();
  EXPECT_EQ(busy.submit({}), Reason::stopping);
}

TEST(SchedulerTest, work_that_waited_longer_than_estimated_is_dropped) {
  BusyScheduler busy(one_worker());
  std::atomic<int> outcome{0};
  busy.submit({.arrived = busy.clock.now() - milliseconds(90)}, [&](const Refusal* refusal) {
    outcome = refusal != nullptr && refusal->reason == Reason::overloaded ? 1 : 2;
  });
  busy.clock.advance(milliseconds(30));
  busy.release();
  while (outcome == 0) std::this_thread::yield();
  EXPECT_EQ(outcome, 1);
}

TEST(SchedulerTest, the_estimate_includes_the_return_latency) {
  BusyScheduler busy(one_worker());
  busy.load->took(milliseconds(60));
  EXPECT_EQ(busy.submit({.return_latency = milliseconds(30)}), std::nullopt);
  EXPECT_EQ(busy.submit({}), std::nullopt);  // waits for 60 ms
  BusyScheduler other(one_worker());
  other.load->took(milliseconds(80));
  EXPECT_EQ(other.submit({}), std::nullopt);
  EXPECT_EQ(other.submit({.return_latency = milliseconds(30)}), Reason::overloaded);
}

TEST(SchedulerTest, a_free_worker_accepts_a_request_after_a_long_one) {
  ManualClock clock;
  telemetry::ServerMetrics metrics;
  Scheduler scheduler(with_clock(one_worker(), clock), metrics);
  const auto load = std::make_shared<ModelLoad>();
  load->took(milliseconds(1));
  std::latch long_one(1);
  std::latch done(1);
  scheduler.submit(load, {.arrived = clock.now()}, [&](const Refusal*) {
    clock.advance(milliseconds(200));
    long_one.count_down();
  });
  long_one.wait();
  while (scheduler.idle_workers() == 0) std::this_thread::yield();  // it was noted
  std::atomic<bool> ran{false};
  EXPECT_NO_THROW(scheduler.submit(
      load, {.arrived = clock.now(), .return_latency = milliseconds(500)}, [&](const Refusal* no) {
        ran = no == nullptr;
        done.count_down();
      }));
  done.wait();
  EXPECT_TRUE(ran);
}

TEST(SchedulerTest, requests_that_waited_too_long_for_an_event_loop_are_refused) {
  telemetry::ServerMetrics metrics;
  Scheduler scheduler(one_worker(), metrics);
  EXPECT_NO_THROW(scheduler.admit_at_once({}));
  const Ticket old{.arrived = Clock::now() - milliseconds(200)};
  EXPECT_TRUE(scheduler.too_late(old.arrived));
  EXPECT_THROW(scheduler.admit_at_once(old), Refusal);
  EXPECT_THROW(scheduler.admit_at_once({.deadline = Clock::now() - milliseconds(1)}), Refusal);
  EXPECT_NE(metrics.text().find("vitrine_rejected_total{reason=\"overloaded\"} 1"),
            std::string::npos);
}

TEST(SchedulerTest, idle_work_has_the_lowest_priority_and_is_bounded) {
  BusyScheduler busy(one_worker());
  std::vector<int> order;
  std::latch done(2);
  EXPECT_TRUE(busy.scheduler.submit_idle([&](const Refusal*) {
    order.push_back(2);
    done.count_down();
  }));
  busy.submit({}, [&](const Refusal*) {
    order.push_back(1);
    done.count_down();
  });
  int taken = 0;
  while (busy.scheduler.submit_idle([](const Refusal*) {})) ++taken;
  EXPECT_LT(taken, 100);
  busy.release();
  done.wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(SchedulerTest, an_alarm_rings_when_its_time_comes) {
  ManualClock clock;
  telemetry::ServerMetrics metrics;
  Scheduler scheduler(with_clock(one_worker(), clock), metrics);
  std::vector<int> order;
  std::latch first(1);
  std::latch both(2);
  scheduler.wake_at(clock.now() + std::chrono::hours(2), [&] {
    order.push_back(2);
    both.count_down();
  });
  scheduler.wake_at(clock.now() + std::chrono::hours(1), [&] {
    order.push_back(1);
    first.count_down();
    both.count_down();
  });
  clock.advance(std::chrono::minutes(90));
  first.wait();
  clock.advance(std::chrono::minutes(31));
  both.wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace vitrine::serve
