// The queue of photos of a model: any worker decodes them, then they run in batches.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "engine/image_predictor.h"
#include "engine/predictor.h"
#include "serve/models/batcher.h"
#include "serve/models/scheduler.h"

namespace vitrine::serve {

/// The result of a request.
struct PhotoAnswer {
  engine::Predictions predictions;  ///< of all its photos
  std::exception_ptr failure;       ///< if set, there are no predictions
  Duration queue{};                 ///< time of waiting for a worker and for the batch
  Duration decode{};
  Duration infer{};  ///< of the batch
};

/// One per version of a model. Thread-safe.
class PhotoQueue : public std::enable_shared_from_this<PhotoQueue> {
 public:
  /// Runs `count` consecutive photos of `pixels`. Several workers call it at the same time.
  using Run =
      std::function<engine::Predictions(std::span<const std::uint8_t> pixels, std::size_t count)>;

  /// `photo_bytes`: size of a photo at the network's input size. `scheduler` must outlive it.
  PhotoQueue(Scheduler& scheduler, std::shared_ptr<telemetry::ModelMetrics> metrics,
             const BatchOptions& options, std::size_t photo_bytes, Run run);

  /// Returns the pixels of all photos of a request; called on a worker. May throw.
  using Prepare = std::move_only_function<std::vector<std::uint8_t>()>;
  /// Called exactly once, on a worker.
  using Finish = std::move_only_function<void(PhotoAnswer answer)>;

  /// Queues a request. Throws Refusal; then neither function is called.
  void submit(const Ticket& ticket, Prepare prepare, Finish finish);

  /// Maximum number of photos in one call of `Run`, so that memory is bounded.
  static constexpr std::size_t kMostAtOnce = engine::kMostPhotosAtOnce;

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
  engine::Predictions run_in_pieces(std::span<const std::uint8_t> pixels, std::size_t photos) const;

  Scheduler& scheduler_;
  std::shared_ptr<telemetry::ModelMetrics> metrics_;
  std::size_t photo_bytes_;
  Run run_;
  std::shared_ptr<ModelLoad> load_ = std::make_shared<ModelLoad>();
  std::mutex mutex_;
  Batcher batcher_;
  std::uint64_t next_id_ = 0;
  Time alarm_ = Time::max();                ///< when a timer calls pump(); max: none is set
  std::map<Batcher::Id, JobPointer> jobs_;  ///< decoded requests that wait for their batch
};

}  // namespace vitrine::serve
