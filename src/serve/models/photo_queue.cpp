#include "serve/models/photo_queue.h"

#include <algorithm>

namespace vitrine::serve {

PhotoQueue::PhotoQueue(Scheduler& scheduler, std::shared_ptr<telemetry::ModelMetrics> metrics,
                       const BatchOptions& options, std::size_t photo_bytes, Run run)
    : scheduler_(scheduler),
      metrics_(std::move(metrics)),
      photo_bytes_(photo_bytes),
      run_(std::move(run)),
      batcher_(options) {}

void PhotoQueue::submit(const Ticket& ticket, Prepare prepare, Finish finish) {
  auto job = std::make_unique<Job>(Job{ticket, std::move(finish), {}, {}, {}, {}});
  {
    const std::lock_guard lock(mutex_);
    batcher_.expect();
  }
  try {
    scheduler_.submit(load_, ticket,
                      [self = shared_from_this(), job = std::move(job),
                       prepare = std::move(prepare)](const Refusal* refusal) mutable {
                        self->decode(std::move(job), std::move(prepare), refusal);
                      });
  } catch (...) {
    const std::lock_guard lock(mutex_);
    batcher_.leave();  // requests that wait for this one run when their alarm is due
    throw;
  }
}

void PhotoQueue::decode(JobPointer job, Prepare prepare, const Refusal* refusal) {
  const Time began = scheduler_.time().now();
  job->begun = began;
  job->answer.queue = began - job->ticket.arrived;
  try {
    if (refusal != nullptr) throw *refusal;
    job->pixels = prepare();
    prepare = nullptr;
    job->answer.decode = scheduler_.time().now() - began;
  } catch (...) {
    job->answer.failure = std::current_exception();
  }
  if (job->answer.failure || job->pixels.empty()) {
    job->finish(std::move(job->answer));
    const std::lock_guard lock(mutex_);
    batcher_.leave();
  } else {
    job->ready = scheduler_.time().now();
    const std::lock_guard lock(mutex_);
    const Batcher::Id id = next_id_++;
    batcher_.arrive(id, job->pixels.size() / photo_bytes_, job->ready);
    jobs_.emplace(id, std::move(job));
  }
  pump();
}

void PhotoQueue::pump() {
  for (;;) {
    std::vector<JobPointer> jobs;
    {
      const std::lock_guard lock(mutex_);
      const auto batch = batcher_.next(scheduler_.time().now());
      if (!batch) return set_alarm();
      for (const Batcher::Id id : batch->ids) {
        const auto place = jobs_.find(id);
        jobs.push_back(std::move(place->second));
        jobs_.erase(place);
      }
    }
    std::erase_if(jobs, [this](const JobPointer& job) { return drop_if_late(*job); });
    std::size_t photos = 0;
    for (const JobPointer& job : jobs) photos += job->pixels.size() / photo_bytes_;
    if (photos > 0) run_batch(std::move(jobs), photos);
  }
}

/// Sets a timer for the end of the longest wait. Call it with the lock held.
void PhotoQueue::set_alarm() {
  const auto due = batcher_.due();
  if (!due || *due >= alarm_) return;
  alarm_ = *due;
  scheduler_.wake_at(*due, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    {
      const std::lock_guard lock(self->mutex_);
      self->alarm_ = Time::max();
    }
    self->pump();
  });
}

bool PhotoQueue::drop_if_late(Job& job) const {
  const bool late = scheduler_.time().now() >= job.ticket.deadline;
  if (!late && job.ticket.presence() != Presence::gone) return false;
  const Refusal refusal(late ? Refusal::Reason::deadline : Refusal::Reason::client_gone,
                        std::chrono::seconds(1));
  scheduler_.count(refusal);
  job.answer.failure = std::make_exception_ptr(refusal);
  job.finish(std::move(job.answer));
  return true;
}

void PhotoQueue::run_batch(std::vector<JobPointer> jobs, std::size_t photos) {
  const Time began = scheduler_.time().now();
  engine::Predictions all;
  std::exception_ptr failure;
  try {
    std::vector<std::uint8_t> joined;
    std::span<const std::uint8_t> pixels = jobs[0]->pixels;
    if (jobs.size() > 1) {
      joined.reserve(photos * photo_bytes_);
      for (const JobPointer& job : jobs) {
        joined.insert(joined.end(), job->pixels.begin(), job->pixels.end());
      }
      pixels = joined;
    }
    all = run_in_pieces(pixels, photos);
  } catch (...) {
    failure = std::current_exception();
  }
  const Duration took = scheduler_.time().now() - began;
  metrics_->batch(photos);
  {
    const std::lock_guard lock(mutex_);
    if (!failure) batcher_.finished(photos, took);
  }
  std::size_t first = 0;
  for (const JobPointer& job : jobs) {
    const std::size_t count = job->pixels.size() / photo_bytes_;
    PhotoAnswer& answer = job->answer;
    answer.queue += began - job->ready;
    answer.infer = took;
    answer.failure = failure;
    if (!failure) {
      const auto row = [&](std::size_t place) {
        return all.probabilities.begin() + static_cast<std::ptrdiff_t>(place * all.classes);
      };
      answer.predictions.classes = all.classes;
      answer.predictions.probabilities.assign(row(first), row(first + count));
      answer.predictions.predicted.assign(
          all.predicted.begin() + static_cast<std::ptrdiff_t>(first),
          all.predicted.begin() + static_cast<std::ptrdiff_t>(first + count));
    }
    first += count;
    load_->answered_after(scheduler_.time().now() - job->begun);
    job->finish(std::move(answer));
  }
}

engine::Predictions PhotoQueue::run_in_pieces(std::span<const std::uint8_t> pixels,
                                              std::size_t photos) const {
  if (photos <= kMostAtOnce) return run_(pixels, photos);
  engine::Predictions all;
  for (std::size_t first = 0; first < photos; first += kMostAtOnce) {
    const std::size_t count = std::min(kMostAtOnce, photos - first);
    const engine::Predictions piece =
        run_(pixels.subspan(first * photo_bytes_, count * photo_bytes_), count);
    all.classes = piece.classes;
    all.probabilities.insert(all.probabilities.end(), piece.probabilities.begin(),
                             piece.probabilities.end());
    all.predicted.insert(all.predicted.end(), piece.predicted.begin(), piece.predicted.end());
  }
  return all;
}

}  // namespace vitrine::serve
