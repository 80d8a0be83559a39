// Photos on their way through a model: decoded by any worker, run in batches.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "host/batcher.h"
#include "host/scheduler.h"
#include "infer/image_predictor.h"
#include "infer/predictor.h"

namespace vitrine {

/// What became of a request.
struct PhotoAnswer {
  Predictions predictions;     ///< of all its photos
  std::exception_ptr failure;  ///< if set, there are none
  Duration queue{};            ///< for a worker and for the batch
  Duration decode{};
  Duration infer{};  ///< of the batch
};

/// One for a version of a model. Thread-safe.
class PhotoQueue : public std::enable_shared_from_this<PhotoQueue> {
 public:
  /// Runs `count` photos that lie one after another in `pixels`. Called by several workers
  /// at a time.
  using Run = std::function<Predictions(std::span<const std::uint8_t> pixels, std::size_t count)>;

  /// `photo_bytes`: of one photo at the network's size. `scheduler` and `metrics` outlive it.
  PhotoQueue(Scheduler& scheduler, std::shared_ptr<ModelMetrics> metrics,
             const BatchOptions& options, std::size_t photo_bytes, Run run);

  /// The pixels of all photos of a request; called on a worker. May throw.
  using Prepare = std::move_only_function<std::vector<std::uint8_t>()>;
  /// Called exactly once, on a worker.
  using Finish = std::move_only_function<void(PhotoAnswer answer)>;

  /// Throws Refusal; then neither function is called.
  void submit(const Ticket& ticket, Prepare prepare, Finish finish);

  /// Photos that run in one batch at most, so that memory is bounded.
  static constexpr std::size_t kMostAtOnce = kMostPhotosAtOnce;

 private:
  struct Job {
    Ticket ticket;
    Finish finish;
    std::vector<std::uint8_t> pixels;
    Time begun;  ///< when a worker took it
    Time ready;  ///< when its photos were decoded
    PhotoAnswer answer;
  };
  using JobPointer = std::unique_ptr<Job>;

  void decode(JobPointer job, Prepare prepare, const Refusal* refusal);
  void pump();
  void set_alarm();
  bool drop_if_late(Job& job) const;
  void run_batch(std::vector<JobPointer> jobs, std::size_t photos);
  Predictions run_in_pieces(std::span<const std::uint8_t> pixels, std::size_t photos) const;

  Scheduler& scheduler_;
  std::shared_ptr<ModelMetrics> metrics_;
  std::size_t photo_bytes_;
  Run run_;
  std::shared_ptr<ModelLoad> load_ = std::make_shared<ModelLoad>();
  std::mutex mutex_;
  Batcher batcher_;
  std::uint64_t next_id_ = 0;
  Time alarm_ = Time::max();                ///< when pump() is called without a cause; max: not set
  std::map<Batcher::Id, JobPointer> jobs_;  ///< those that wait for their batch
};

}  // namespace vitrine
