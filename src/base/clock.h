// A monotonic clock, for deadlines and durations.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace vitrine {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;

inline double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

/// Where queues and servers read the time, so that tests can set it (base/manual_clock.h).
/// Thread-safe.
class TimeSource {
 public:
  virtual ~TimeSource() = default;
  virtual Time now() const { return Clock::now(); }
  /// Waits until `changed` is notified, at most until `when`. It may return early.
  virtual void wait_until(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                          Time when) const {
    changed.wait_until(lock, when);
  }
};

/// The steady clock of this machine.
inline const TimeSource& machine_time() {
  static const TimeSource source;
  return source;
}

}  // namespace vitrine
