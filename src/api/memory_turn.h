// Large requests take turns where they would take much memory at once.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace vitrine {

/// Held while a large body is read: JSON takes up to thirteen times its bytes meanwhile. The bytes
/// of all that hold one are at most kLimit, or one body's. Small bodies never wait. Thread-safe.
class MemoryTurn {
 public:
  explicit MemoryTurn(std::size_t bytes) : bytes_(bytes > kSmall ? bytes : 0) {
    if (bytes_ == 0) return;
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return taken_ == 0 || taken_ + bytes_ <= kLimit; });
    taken_ += bytes_;
  }
  ~MemoryTurn() {
    if (bytes_ == 0) return;
    {
      const std::lock_guard lock(mutex_);
      taken_ -= bytes_;
    }
    freed_.notify_all();
  }
  MemoryTurn(const MemoryTurn&) = delete;
  MemoryTurn& operator=(const MemoryTurn&) = delete;

 private:
  static constexpr std::size_t kSmall = std::size_t{1} << 20;
  static constexpr std::size_t kLimit = std::size_t{12} << 20;

  static inline std::mutex mutex_;
  static inline std::condition_variable freed_;
  static inline std::size_t taken_ = 0;

  const std::size_t bytes_;
};

}  // namespace vitrine
