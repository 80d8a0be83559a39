// The longest that something took of late.
#pragma once

#include <algorithm>
#include <atomic>

#include "base/clock.h"

namespace vitrine {

/// What was noted is forgotten evenly, over 64 times as long as it took. Thread-safe: of two notes
/// at one moment either may stay.
class RecentPeak {
 public:
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
