// The memory budget for request bodies, shared by all connections.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace vitrine::serve {

/// Counts the bytes of bodies in memory, from their arrival to the response. Large and small bodies
/// have `limit` bytes each, so that large requests never block small ones. Thread-safe.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t limit) : limit_(limit) {}

  /// Reserves `bytes`. Returns false if there is not enough room now.
  bool take(std::size_t bytes, bool small) {
    std::atomic<std::size_t>& pool = small ? small_ : large_;
    std::size_t used = pool;
    while (bytes <= limit_ && used <= limit_ - bytes) {
      if (pool.compare_exchange_weak(used, used + bytes)) return true;
    }
    return false;
  }
  void give_back(std::size_t bytes, bool small) {
    (small ? small_ : large_) -= bytes;
    freed_ += bytes;
  }

  std::size_t limit() const { return limit_; }
  /// Returns true once at least `much` bytes were given back since the last time it returned true:
  /// then it is worth returning memory to the system.
  bool take_freed(std::size_t much) { return freed_ >= much && freed_.exchange(0) > 0; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> large_{0};
  std::atomic<std::size_t> small_{0};
  std::atomic<std::size_t> freed_{0};
};

/// The part of the budget that one request holds; the destructor gives it back. Not thread-safe.
class BodyShare {
 public:
  static constexpr std::size_t kTiny = std::size_t{4} << 10;    ///< bodies up to this: not counted
  static constexpr std::size_t kSmall = std::size_t{64} << 10;  ///< bodies up to this: small

  explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() { release(); }

  /// Grows the share to at least `bytes`. Returns false if there is not enough room.
  bool grow_to(std::size_t bytes) {
    if (bytes <= kTiny || bytes <= taken_) return true;
    const bool small = bytes <= kSmall;
    if (small_ && !small) release();
    if (!budget_.take(bytes - taken_, small)) return false;
    taken_ = bytes;
    small_ = small;
    return true;
  }
  void release() {
    if (taken_ > 0) budget_.give_back(std::exchange(taken_, 0), small_);
  }

 private:
  BodyBudget& budget_;
  std::size_t taken_ = 0;
  bool small_ = true;
};

}  // namespace vitrine::serve
