// Memory for request bodies, shared by all connections.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace vitrine {

/// Bytes of bodies that may be in flight: from the header that announces them to the answer.
/// Thread-safe.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t limit) : limit_(limit) {}

  /// False: there is no room for so many bytes now.
  bool take(std::size_t bytes) {
    std::size_t used = used_;
    while (bytes <= limit_ && used <= limit_ - bytes) {
      if (used_.compare_exchange_weak(used, used + bytes)) return true;
    }
    return false;
  }
  void give_back(std::size_t bytes) {
    used_ -= bytes;
    freed_ += bytes;
  }

  std::size_t limit() const { return limit_; }
  /// Bytes given back since it was last asked: much of it means that memory can be handed to the
  /// system.
  std::size_t take_freed() { return freed_.exchange(0); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> freed_{0};
};

/// What one request has of it. On one thread.
class BodyShare {
 public:
  /// Bodies up to here are read whatever is left: small questions are answered beside large ones.
  static constexpr std::size_t kAlwaysRead = std::size_t{64} << 10;

  explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() { release(); }

  /// Makes it at least `bytes`, which may be announced or already there.
  bool grow_to(std::size_t bytes) {
    if (bytes <= kAlwaysRead || bytes <= taken_) return true;
    if (!budget_.take(bytes - taken_)) return false;
    taken_ = bytes;
    return true;
  }
  void release() {
    if (taken_ > 0) budget_.give_back(std::exchange(taken_, 0));
  }

 private:
  BodyBudget& budget_;
  std::size_t taken_ = 0;
};

}  // namespace vitrine
