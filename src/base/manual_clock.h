// A clock that moves only when a test says so.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace vitrine {

/// Begins at the time of its construction. Thread-safe.
class ManualClock : public TimeSource {
 public:
  Time now() const override { return start_ + Duration(passed_.load()); }
  void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                  Time when) const override {
    // advance() does not know who waits, so waiters look again every millisecond.
    if (now() < when) changed.wait_for(lock, std::chrono::milliseconds(1));
  }
  void advance(Duration time) { passed_ += time.count(); }

 private:
  const Time start_ = Clock::now();
  std::atomic<Duration::rep> passed_{0};
};

}  // namespace vitrine
