// Which waiting photos run through the network together. Free of threads, clocks, sockets
// and engines: time comes in, decisions go out. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace vitrine {

struct BatchOptions {
  /// Largest batch. 0: what proves fastest by the photo, up to 16.
  std::size_t largest = 0;
  /// How long photos that are ready wait for others that are being decoded. Where none
  /// is on its way nothing ever waits.
  Duration longest_wait = std::chrono::milliseconds(10);
};

/// Finds the batch size with the least time a photo among 1, 2, 4, 8 and 16: measures
/// while it works, tries a neighbouring size now and then, goes on in a direction that paid, and
/// changes only for a gain of 3 %.
class BatchSizer {
 public:
  explicit BatchSizer(std::size_t fixed) : fixed_(fixed) {}
  std::size_t limit() const;
  /// A batch of `size` took `time`. Only full batches teach something; where too few photos come
  /// for a trial it is given up.
  void measured(std::size_t size, Duration time);

 private:
  void begin_trial();
  void end_trial();

  static constexpr std::size_t kSizes = 5;
  static constexpr int kTrialEvery = 64;  ///< batches between two trials
  static constexpr int kTrialLength = 6;  ///< full batches that decide
  static constexpr int kPatience = 24;    ///< batches in which they must have come

  std::size_t fixed_;
  std::size_t best_ = 0;  ///< the size is 2 to this power
  std::optional<std::size_t> trial_;
  int until_change_ = kTrialLength;  ///< batches to the next trial, or to the end of this one
  int full_ = 0;                     ///< full batches of this trial
  bool upwards_ = true;
  std::array<double, kSizes> seconds_{};  ///< a photo; 0: not known
};

class Batcher {
 public:
  using Id = std::uint64_t;

  explicit Batcher(const BatchOptions& options) : options_(options), sizer_(options.largest) {}

  /// A request was let in: its photos will arrive, or it will leave.
  void expect() { ++expected_; }
  /// Its photos (at least one) are ready to run.
  void arrive(Id id, std::size_t photos, Time now);
  /// It has none after all: unreadable, or its client gone.
  void leave() { --expected_; }

  struct Batch {
    std::vector<Id> ids;  ///< in the order of their arrival
    std::size_t photos = 0;
  };
  /// What is to run now. To be asked after each arrive(), leave() and finished() and when
  /// due() has come, until it has nothing more. A request is never split; one larger than the
  /// largest batch runs alone.
  std::optional<Batch> next(Time now);

  /// When next() is to be asked again, though nothing happened: the longest wait is over.
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

}  // namespace vitrine
