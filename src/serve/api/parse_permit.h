// Limits how many large requests are parsed at the same time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace vitrine::serve {

/// A lock that is held while a large body is parsed, because parsing JSON takes up to thirteen
/// times its size in memory. The bodies of all holders have at most kLimit bytes, or there is one
/// holder. Bodies up to kSmall never wait. Thread-safe.
class ParsePermit {
 public:
  explicit ParsePermit(std::size_t bytes) : bytes_(bytes > kSmall ? bytes : 0) {
    if (bytes_ == 0) return;
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [&] { return taken_ == 0 || taken_ + bytes_ <= kLimit; });
    taken_ += bytes_;
  }
  ~ParsePermit() {
    if (bytes_ == 0) return;
    {
      const std::lock_guard lock(mutex_);
      taken_ -= bytes_;
    }
    freed_.notify_all();
  }
  ParsePermit(const ParsePermit&) = delete;
  ParsePermit& operator=(const ParsePermit&) = delete;

 private:
  static constexpr std::size_t kSmall = std::size_t{1} << 20;
  static constexpr std::size_t kLimit = std::size_t{12} << 20;

  static inline std::mutex mutex_;
  static inline std::condition_variable freed_;
  static inline std::size_t taken_ = 0;

  const std::size_t bytes_;
};

}  // namespace vitrine::serve
