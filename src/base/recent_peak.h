// The longest recent duration of an event.
#pragma once

#include <algorithm>
#include <atomic>

#include "base/clock.h"

namespace vitrine {

/// A maximum of durations that decays linearly to zero, over 64 times its own length. Thread-safe;
/// of two simultaneous calls of note(), either may be kept.
class RecentPeak {
 public:
  /// The decayed maximum at the time `now`.
  Duration at(Time now) const {
    const Duration peak{peak_.load(std::memory_order_relaxed)};
    const Duration since = now.time_since_epoch() - Duration{seen_.load(std::memory_order_relaxed)};
    return std::max(Duration::zero(), peak - since / kForget);
  }
  void note(Duration took, Time now) {
    if (took < at(now)) return;
    peak_.store(took.count(), std::memory_order_relaxed);
    seen_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }

 private:
  static constexpr int kForget = 64;
  std::atomic<Duration::rep> peak_{0};
  std::atomic<Duration::rep> seen_{0};
};

}  // namespace vitrine
