#include "serve/models/batcher.h"

namespace vitrine::serve {

std::size_t BatchSizer::limit() const {
  return fixed_ > 0 ? fixed_ : std::size_t{1} << trial_.value_or(best_);
}

void BatchSizer::measured(std::size_t size, Duration time) {
  if (fixed_ > 0) return;
  if (size == limit()) {
    double& known = seconds_[trial_.value_or(best_)];
    const double now = seconds_of(time) / static_cast<double>(size);
    known = known == 0 ? now : known + 0.2 * (now - known);
    ++full_;
  }
  --until_change_;
  if (trial_) {
    if (full_ >= kTrialLength || until_change_ <= 0) end_trial();
  } else if (until_change_ <= 0) {
    begin_trial();
  }
}

void BatchSizer::begin_trial() {
  if (best_ == 0) upwards_ = true;
  if (best_ + 1 == kSizes) upwards_ = false;
  trial_ = upwards_ ? best_ + 1 : best_ - 1;
  seconds_[*trial_] = 0;  // the load may have changed since the last trial
  until_change_ = kPatience;
  full_ = 0;
}

void BatchSizer::end_trial() {
  const bool better = full_ >= kTrialLength && seconds_[*trial_] < 0.97 * seconds_[best_];
  if (better) {
    best_ = *trial_;
  } else {
    upwards_ = !upwards_;
  }
  trial_.reset();
  until_change_ = better ? 1 : kTrialEvery;
}

void Batcher::arrive(Id id, std::size_t photos, Time now) {
  --expected_;
  ready_photos_ += photos;
  ready_.push_back({id, photos, now});
}

std::optional<Batcher::Batch> Batcher::next(Time now) {
  if (ready_.empty()) return std::nullopt;
  const std::size_t limit = sizer_.limit();
  const bool full = ready_photos_ >= limit;
  const bool waited = now - ready_.front().since >= options_.longest_wait;
  if (!full && !waited && expected_ > 0) return std::nullopt;
  Batch batch;
  while (!ready_.empty() && (batch.ids.empty() || batch.photos + ready_.front().photos <= limit)) {
    batch.ids.push_back(ready_.front().id);
    batch.photos += ready_.front().photos;
    ready_.pop_front();
  }
  ready_photos_ -= batch.photos;
  return batch;
}

}  // namespace vitrine::serve
