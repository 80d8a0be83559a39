// Decides which waiting photos run through the network as one batch. Pure logic without threads,
// clocks, sockets or engines: the caller passes the time. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace vitrine::serve {

struct BatchOptions {
  /// Maximum number of photos per batch. 0: the size with the least measured time per photo, up to
  /// 16.
  std::size_t largest = 0;
  /// Maximum time that decoded photos wait for photos that are still being decoded. If there are
  /// none, a batch runs at once.
  Duration longest_wait = std::chrono::milliseconds(10);
};

/// Finds the batch size with the least time per photo among 1, 2, 4, 8 and 16, by hill climbing
/// during operation: it tries a neighbouring size now and then, changes for a gain of at least 3 %,
/// and continues in a direction that gained.
class BatchSizer {
 public:
  explicit BatchSizer(std::size_t fixed) : fixed_(fixed) {}
  std::size_t limit() const;
  /// Records that a batch of `size` took `time`. Only full batches count; a trial that gets too few
  /// of them is abandoned.
  void measured(std::size_t size, Duration time);

 private:
  void begin_trial();
  void end_trial();

  static constexpr std::size_t kSizes = 5;
  static constexpr int kTrialEvery = 64;  ///< batches between two trials
  static constexpr int kTrialLength = 6;  ///< full batches per trial
  static constexpr int kPatience = 24;    ///< a trial ends after so many batches, full or not

  std::size_t fixed_;
  std::size_t best_ = 0;  ///< the size is 2 to this power
  std::optional<std::size_t> trial_;
  int until_change_ = kTrialLength;  ///< batches to the next trial, or to the end of this one
  int full_ = 0;                     ///< full batches of this trial
  bool upwards_ = true;
  std::array<double, kSizes> seconds_{};  ///< per photo; 0: unknown
};

/// The queue of decoded photos of one model.
class Batcher {
 public:
  using Id = std::uint64_t;

  explicit Batcher(const BatchOptions& options) : options_(options), sizer_(options.largest) {}

  /// A request was admitted. arrive() or leave() must follow.
  void expect() { ++expected_; }
  /// The photos of an expected request (at least one) are decoded.
  void arrive(Id id, std::size_t photos, Time now);
  /// An expected request has no photos: they are unreadable, or the client disconnected.
  void leave() { --expected_; }

  struct Batch {
    std::vector<Id> ids;  ///< in the order of their arrival
    std::size_t photos = 0;
  };
  /// The next batch to run now, or nothing. Call it after each arrive(), leave() and finished(),
  /// and at due(), until it returns nothing. A request is never split; one that is larger than the
  /// maximum runs alone.
  std::optional<Batch> next(Time now);

  /// The time at which next() must be called again even if nothing happens: the longest wait ends.
  std::optional<Time> due() const {
    if (ready_.empty()) return std::nullopt;
    return ready_.front().since + options_.longest_wait;
  }

  void finished(std::size_t photos, Duration time) { sizer_.measured(photos, time); }

  std::size_t waiting() const { return ready_.size(); }

 private:
  struct Ready {
    Id id;
    std::size_t photos;
    Time since;
  };
  BatchOptions options_;
  BatchSizer sizer_;
  std::size_t expected_ = 0;
  std::size_t ready_photos_ = 0;
  std::deque<Ready> ready_;
};

}  // namespace vitrine::serve
