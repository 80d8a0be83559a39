#include "engine/precision_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>

#include "base/parallel.h"
#include "base/text.h"
#include "engine/image_predictor.h"

namespace vitrine::engine {
namespace {

constexpr std::size_t kRangePhotos = 128;
constexpr std::size_t kTogether = 64;  // photos of one step

/// The photos in the network's size. Up to 256 MB are kept, so that they are decoded only once.
class TrialPhotos {
 public:
  TrialPhotos(std::function<data::Image(std::size_t)> photo, const data::Resize& resize,
              std::size_t count)
      : photo_(std::move(photo)),
        resize_(resize),
        size_(static_cast<std::size_t>(resize.width) * resize.height * 3),
        kept_(std::min(count, kMostKept / size_)) {}

  /// The pixels of the photos first, first + step, ...
  std::vector<std::uint8_t> pixels(std::size_t first, std::size_t count, std::size_t step = 1) {
    std::vector<std::uint8_t> out(count * size_);
    parallel_for(count, [&](std::size_t i) {
      const std::size_t which = first + i * step;
      std::uint8_t* to = &out[i * size_];
      if (which < kept_.size() && !kept_[which].empty()) {
        std::ranges::copy(kept_[which], to);
        return;
      }
      data::resize_into(photo_(which), resize_, to);
      if (which < kept_.size()) kept_[which].assign(to, to + size_);
    });
    return out;
  }

 private:
  static constexpr std::size_t kMostKept = std::size_t{256} << 20;  // bytes
  std::function<data::Image(std::size_t)> photo_;
  data::Resize resize_;
  std::size_t size_;
  std::vector<std::vector<std::uint8_t>> kept_;
};

/// Runs a network on all cores and measures the time.
class TimedPredictor {
  static constexpr std::size_t kBatch = 4;  // photos per core of the warm-up

 public:
  explicit TimedPredictor(std::unique_ptr<ImagePredictor> predictor)
      : predictor_(std::move(predictor)) {}

  const ImagePredictor& predictor() const { return *predictor_; }

  Predictions predict(std::span<const std::uint8_t> pixels, std::size_t count) {
    // Warm-up: the preparations of the engine for its first batch are not measured.
    if (photos_ == 0) {
      const std::size_t few = std::min(count, kBatch * core_count());
      predictor_->predict_pixels(pixels.first(pixels.size() / count * few), few, core_count());
    }
    const auto began = std::chrono::steady_clock::now();
    Predictions out = predictor_->predict_pixels(pixels, count, core_count());
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    photos_ += count;
    return out;
  }

  std::size_t photos() const { return photos_; }
  double seconds_a_photo() const {
    return seconds_ / static_cast<double>(std::max<std::size_t>(1, photos_));
  }

 private:
  std::unique_ptr<ImagePredictor> predictor_;
  std::size_t photos_ = 0;
  double seconds_ = 0;
};

/// The comparison of one precision with f32.
class PrecisionCandidate {
 public:
  PrecisionCandidate(std::unique_ptr<ImagePredictor> predictor, std::size_t skip_first_layers,
                     std::size_t photos)
      : engine_(std::move(predictor)), photos_(photos) {
    trial_.precision = engine_.predictor().precision();
    trial_.skip_first_layers = skip_first_layers;
  }

  /// True if so many labels differ that the trial can't be accepted, whatever the other photos are.
  bool rejected() const {
    const double least = PrecisionTrial::least_agreement(trial_.precision);
    return static_cast<double>(different_) > (1 - least) * static_cast<double>(photos_);
  }

  /// Predicts photos and compares the results with the true labels and with f32 (`reference`).
  void compare(std::span<const std::uint8_t> pixels, std::span<const int> labels,
               std::span<const int> reference, std::span<const float> reference_probabilities) {
    const Predictions own = engine_.predict(pixels, labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      different_ += own.predicted[i] == reference[i] ? 0 : 1;
      right_ += own.predicted[i] == labels[i] ? 1 : 0;
      right_reference_ += reference[i] == labels[i] ? 1 : 0;
    }
    for (std::size_t i = 0; i < own.probabilities.size(); ++i) {
      trial_.largest_difference = std::max<double>(
          trial_.largest_difference, std::abs(own.probabilities[i] - reference_probabilities[i]));
    }
  }

  /// `seconds_a_photo`: the time of f32.
  PrecisionTrial result(double seconds_a_photo) const {
    PrecisionTrial out = trial_;
    out.photos = engine_.photos();
    const auto photos = static_cast<double>(std::max<std::size_t>(1, out.photos));
    out.accuracy_f32 = static_cast<double>(right_reference_) / photos;
    out.accuracy = static_cast<double>(right_) / photos;
    out.agreement = 1 - static_cast<double>(different_) / photos;
    out.speed_up = seconds_a_photo / std::max(engine_.seconds_a_photo(), 1e-9);
    return out;
  }

 private:
  TimedPredictor engine_;
  std::size_t photos_;  ///< number of photos of the whole trial
  PrecisionTrial trial_;
  std::size_t different_ = 0, right_ = 0, right_reference_ = 0;
};

/// Measures the ranges on up to kRangePhotos photos, evenly spaced.
model::ActivationRanges ranges_of(const model::ModelFile& file, std::size_t all,
                                  TrialPhotos& photos) {
  const std::size_t step = (all + kRangePhotos - 1) / kRangePhotos;
  const std::size_t count = (all + step - 1) / step;
  return ImagePredictor::measure_ranges(file, photos.pixels(0, count, step), count);
}

/// The numbers of first convolutions to skip, in the order in which they are tried: `least`, a
/// fifth of `count`, two fifths.
std::array<std::size_t, 3> skip_steps(std::size_t least, std::size_t count) {
  return {least, std::max(least + 1, count / 5), std::max(least + 2, 2 * count / 5)};
}

std::size_t convolutions_of(const ::onnx::ModelProto& model) {
  return static_cast<std::size_t>(std::ranges::count_if(
      model.graph().node(), [](const auto& node) { return node.op_type() == "Conv"; }));
}

/// Keeps one of the trials of a precision: the first accepted one, which is the fastest of them, or
/// the one with the most agreement if none is accepted.
void keep_one_of(Precision precision, std::vector<PrecisionTrial>& trials) {
  std::optional<PrecisionTrial> kept;
  for (const PrecisionTrial& one : trials) {
    if (one.precision != precision || (kept && kept->accepted())) continue;
    if (!kept || one.accepted() || one.agreement > kept->agreement) kept = one;
  }
  if (!kept) return;
  const auto first = std::ranges::find(trials, precision, &PrecisionTrial::precision);
  *first = *kept;
  trials.erase(std::remove_if(first + 1, trials.end(),
                              [&](const auto& one) { return one.precision == precision; }),
               trials.end());
}

bool has_accepted(Precision precision, const std::vector<PrecisionTrial>& trials) {
  return std::ranges::any_of(
      trials, [&](const auto& one) { return one.precision == precision && one.accepted(); });
}

/// The predictions of f32 and its time for a photo. If the predictions are known, only
/// kTimedPhotos photos are run, for the time.
class ReferencePredictions {
 public:
  ReferencePredictions(const model::ModelFile& file, std::size_t photos,
                       std::span<const float> known)
      : engine_(std::make_unique<ImagePredictor>(file, PrecisionChoice{})),
        card_(*file.card),
        photos_(photos) {
    if (known.empty()) return;
    probabilities_.assign(known.begin(), known.end());
    for (std::size_t i = 0; i < photos; ++i) {
      predicted_.push_back(predicted_class(card_, &known[i * classes()]));
    }
  }

  const ImagePredictor& predictor() const { return engine_.predictor(); }
  std::size_t classes() const { return card_.schema.target.classes.size(); }

  void add(std::span<const std::uint8_t> pixels, std::size_t first, std::size_t count) {
    const bool known = predicted_.size() == photos_;
    if (known && engine_.photos() >= kTimedPhotos) return;
    const Predictions some = engine_.predict(pixels, count);
    if (first < predicted_.size()) return;
    probabilities_.insert(probabilities_.end(), some.probabilities.begin(),
                          some.probabilities.end());
    predicted_.insert(predicted_.end(), some.predicted.begin(), some.predicted.end());
  }

  std::span<const int> predicted(std::size_t first, std::size_t count) const {
    return std::span(predicted_).subspan(first, count);
  }
  std::span<const float> probabilities(std::size_t first, std::size_t count) const {
    return std::span(probabilities_).subspan(first * classes(), count * classes());
  }
  double seconds_a_photo() const { return engine_.seconds_a_photo(); }

 private:
  static constexpr std::size_t kTimedPhotos = 128;
  TimedPredictor engine_;
  const model::Card& card_;
  std::size_t photos_;
  std::vector<float> probabilities_;
  std::vector<int> predicted_;
};

/// Runs the candidates on all photos, step by step. Candidates that are rejected meanwhile stop.
void run_trials(std::span<PrecisionCandidate> candidates, ReferencePredictions& reference,
                TrialPhotos& photos, std::span<const int> labels) {
  for (std::size_t first = 0; first < labels.size(); first += kTogether) {
    if (std::ranges::all_of(candidates, &PrecisionCandidate::rejected)) return;
    const std::size_t count = std::min(kTogether, labels.size() - first);
    const auto pixels = photos.pixels(first, count);
    reference.add(pixels, first, count);
    for (PrecisionCandidate& one : candidates) {
      if (one.rejected()) continue;
      one.compare(pixels, labels.subspan(first, count), reference.predicted(first, count),
                  reference.probabilities(first, count));
    }
  }
}

}  // namespace

PrecisionTrials try_precisions(const model::ModelFile& file, std::span<const int> labels,
                               const std::function<data::Image(std::size_t)>& photo,
                               std::span<const float> known) {
  PrecisionTrials found;
  ReferencePredictions reference(file, labels.size(), known);
  if (!reference.predictor().compiled() || labels.empty()) return found;
  TrialPhotos photos(photo, reference.predictor().resize(), labels.size());
  std::vector<PrecisionCandidate> candidates;
  const auto add_candidate = [&](const PrecisionChoice& choice) {
    auto predictor = std::make_unique<ImagePredictor>(file, choice);
    if (predictor->precision() != choice.precision) return;  // oneDNN does not support it here
    const std::size_t skip_first_layers =
        choice.ranges != nullptr ? choice.ranges->skip_first_layers : choice.skip_first_layers;
    candidates.emplace_back(std::move(predictor), skip_first_layers, labels.size());
  };
  std::array<std::size_t, 3> int8_skips{};
  if (processor_has(Precision::int8)) {
    try {
      found.ranges = ranges_of(file, labels.size(), photos);
      int8_skips = skip_steps(1, found.ranges->least.size());
    } catch (const std::exception&) {  // such as no memory for all values at once: no int8
    }
  }
  // If the predictions differ too much, more of the first convolutions keep a wider format.
  const auto bf16_skips = skip_steps(0, convolutions_of(*file.outline));
  for (std::size_t step = 0; step < bf16_skips.size(); ++step) {
    if (processor_has(Precision::bf16) && !has_accepted(Precision::bf16, found.trials)) {
      add_candidate({.precision = Precision::bf16, .skip_first_layers = bf16_skips[step]});
    }
    if (found.ranges && !has_accepted(Precision::int8, found.trials)) {
      found.ranges->skip_first_layers = int8_skips[step];
      add_candidate({.precision = Precision::int8, .ranges = &*found.ranges});
    }
    run_trials(candidates, reference, photos, labels);
    for (const PrecisionCandidate& one : candidates) {
      found.trials.push_back(one.result(reference.seconds_a_photo()));
    }
    candidates.clear();
  }
  keep_one_of(Precision::bf16, found.trials);
  keep_one_of(Precision::int8, found.trials);
  for (const PrecisionTrial& one : found.trials) {
    if (one.precision == Precision::int8) found.ranges->skip_first_layers = one.skip_first_layers;
  }
  return found;
}

void decide_precision(model::Card& card, const PrecisionTrials& found) {
  card.precision = Precision::f32;
  card.precisions.clear();
  card.ranges.reset();
  double fastest = 1;  // f32
  for (const PrecisionTrial& trial : found.trials) {
    card.precisions.push_back({.precision = trial.precision,
                               .photos = trial.photos,
                               .accuracy_f32 = trial.accuracy_f32,
                               .accuracy = trial.accuracy,
                               .agreement = trial.agreement,
                               .largest_difference = trial.largest_difference,
                               .accepted = trial.accepted(),
                               .skip_first_layers = trial.skip_first_layers});
    if (!trial.accepted() || trial.speed_up < fastest) continue;
    fastest = trial.speed_up;
    card.precision = trial.precision;
    if (trial.precision == Precision::int8) card.ranges = found.ranges;
  }
}

namespace {

/// Why a trial was not accepted.
std::string reason_of(const PrecisionTrial& trial) {
  const double least = PrecisionTrial::least_agreement(trial.precision);
  if (trial.agreement >= least) return "rejected (the accuracy falls by over 0.005)";
  return fmt::format("rejected (at least {:.0f} % of the labels must be equal)", 100 * least);
}

}  // namespace

std::string text_of(const PrecisionTrial& trial) {
  const auto same =
      static_cast<std::size_t>(std::lround(trial.agreement * static_cast<double>(trial.photos)));
  // A difference: the accuracy of the model is the one that its evaluation says.
  const double difference = trial.accuracy - trial.accuracy_f32;
  return fmt::format("{}: {} of {} labels as f32 ({}), {:.1f} x as fast: {}",
                     name_of(trial.precision), with_commas(same), with_commas(trial.photos),
                     std::abs(difference) < 0.0005 ? "equal accuracy"
                                                   : fmt::format("accuracy {:+.3f}", difference),
                     trial.speed_up,
                     !trial.accepted()     ? reason_of(trial)
                     : trial.speed_up <= 1 ? std::string("accepted, but not faster")
                                           : "accepted");
}

}  // namespace vitrine::engine
