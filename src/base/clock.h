// A monotonic clock, for deadlines and durations.
#pragma once

#include <chrono>

namespace vitrine {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Duration = Clock::duration;

inline double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace vitrine
