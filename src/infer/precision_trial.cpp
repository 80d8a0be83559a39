#include "infer/precision_trial.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>

#include "base/parallel.h"
#include "base/text.h"
#include "infer/image_predictor.h"

namespace vitrine {
namespace {

constexpr std::size_t kRangePhotos = 128;
constexpr std::size_t kTogether = 64;  // photos in memory

/// Photos as the network takes them, decoded once where there is memory for all of them.
class TrialPhotos {
 public:
  TrialPhotos(std::function<Image(std::size_t)> photo, const Resize& resize, std::size_t count)
      : photo_(std::move(photo)),
        resize_(resize),
        size_(static_cast<std::size_t>(resize.width) * resize.height * 3),
        kept_(std::min(count, kMostKept / size_)) {}

  /// Photos first, first + step, ... one after the other.
  std::vector<std::uint8_t> pixels(std::size_t first, std::size_t count, std::size_t step = 1) {
    std::vector<std::uint8_t> out(count * size_);
    parallel_for(count, [&](std::size_t i) {
      const std::size_t which = first + i * step;
      std::uint8_t* to = &out[i * size_];
      if (which < kept_.size() && !kept_[which].empty()) {
        std::ranges::copy(kept_[which], to);
        return;
      }
      resize_into(photo_(which), resize_, to);
      if (which < kept_.size()) kept_[which].assign(to, to + size_);
    });
    return out;
  }

 private:
  static constexpr std::size_t kMostKept = std::size_t{256} << 20;  // bytes
  std::function<Image(std::size_t)> photo_;
  Resize resize_;
  std::size_t size_;
  std::vector<std::vector<std::uint8_t>> kept_;
};

/// A network on all cores, and how long it takes.
class TimedPredictor {
  static constexpr std::size_t kBatch = 4;  // photos that an engine may want a core

 public:
  explicit TimedPredictor(std::unique_ptr<ImagePredictor> predictor)
      : predictor_(std::move(predictor)) {}

  const ImagePredictor& predictor() const { return *predictor_; }

  Predictions predict(std::span<const std::uint8_t> pixels, std::size_t count) {
    // What an engine makes ready for its first batch is not its speed.
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

/// One precision beside f32.
class Contestant {
 public:
  Contestant(std::unique_ptr<ImagePredictor> predictor, std::size_t spared, std::size_t photos)
      : engine_(std::move(predictor)), photos_(photos) {
    trial_.precision = engine_.predictor().precision();
    trial_.spared = spared;
  }

  /// More labels differ than may of all photos, whatever the others are: there is no need to see
  /// them.
  bool out() const {
    const double least = PrecisionTrial::least_agreement(trial_.precision);
    return static_cast<double>(different_) > (1 - least) * static_cast<double>(photos_);
  }

  void see(std::span<const std::uint8_t> pixels, std::span<const int> labels,
           std::span<const int> plain, std::span<const float> plain_probabilities) {
    const Predictions own = engine_.predict(pixels, labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      different_ += own.answers[i] == plain[i] ? 0 : 1;
      right_ += own.answers[i] == labels[i] ? 1 : 0;
      right_plain_ += plain[i] == labels[i] ? 1 : 0;
    }
    for (std::size_t i = 0; i < own.probabilities.size(); ++i) {
      trial_.largest_difference = std::max<double>(
          trial_.largest_difference, std::abs(own.probabilities[i] - plain_probabilities[i]));
    }
  }

  /// `seconds_a_photo`: of f32.
  PrecisionTrial result(double seconds_a_photo) const {
    PrecisionTrial out = trial_;
    out.photos = engine_.photos();
    const auto photos = static_cast<double>(std::max<std::size_t>(1, out.photos));
    out.accuracy_f32 = static_cast<double>(right_plain_) / photos;
    out.accuracy = static_cast<double>(right_) / photos;
    out.agreement = 1 - static_cast<double>(different_) / photos;
    out.speed_up = seconds_a_photo / std::max(engine_.seconds_a_photo(), 1e-9);
    return out;
  }

 private:
  TimedPredictor engine_;
  std::size_t photos_;  ///< of the whole trial
  PrecisionTrial trial_;
  std::size_t different_ = 0, right_ = 0, right_plain_ = 0;
};

/// Evenly over all photos.
ActivationRanges ranges_of(const ModelFile& file, std::size_t all, TrialPhotos& photos) {
  const std::size_t step = (all + kRangePhotos - 1) / kRangePhotos;
  const std::size_t count = (all + step - 1) / step;
  return ImagePredictor::measure_ranges(file, photos.pixels(0, count, step), count);
}

/// How many convolutions, from the first, are spared: `least`, a fifth of `count`, two fifths.
std::array<std::size_t, 3> spared_steps(std::size_t least, std::size_t count) {
  return {least, std::max(least + 1, count / 5), std::max(least + 2, 2 * count / 5)};
}

std::size_t convolutions_of(const onnx::ModelProto& model) {
  return static_cast<std::size_t>(std::ranges::count_if(
      model.graph().node(), [](const auto& node) { return node.op_type() == "Conv"; }));
}

/// Of the trials of one precision, the first that can be taken, which is the fastest of them; the
/// closest one where none can.
void keep_one_of(Precision precision, std::vector<PrecisionTrial>& trials) {
  std::optional<PrecisionTrial> kept;
  for (const PrecisionTrial& one : trials) {
    if (one.precision != precision || (kept && kept->taken())) continue;
    if (!kept || one.taken() || one.agreement > kept->agreement) kept = one;
  }
  if (!kept) return;
  const auto first = std::ranges::find(trials, precision, &PrecisionTrial::precision);
  *first = *kept;
  trials.erase(std::remove_if(first + 1, trials.end(),
                              [&](const auto& one) { return one.precision == precision; }),
               trials.end());
}

bool has_taken(Precision precision, const std::vector<PrecisionTrial>& trials) {
  return std::ranges::any_of(
      trials, [&](const auto& one) { return one.precision == precision && one.taken(); });
}

/// What f32 answers, and how long it takes a photo: all of it measured, or the answers known.
class PlainAnswers {
 public:
  PlainAnswers(const ModelFile& file, std::size_t photos, std::span<const float> known)
      : engine_(std::make_unique<ImagePredictor>(file, PrecisionChoice{})),
        card_(*file.card),
        photos_(photos) {
    if (known.empty()) return;
    probabilities_.assign(known.begin(), known.end());
    for (std::size_t i = 0; i < photos; ++i) {
      answers_.push_back(answer_of(card_, &known[i * classes()]));
    }
  }

  const ImagePredictor& predictor() const { return engine_.predictor(); }
  std::size_t classes() const { return card_.schema.target.classes.size(); }

  void see(std::span<const std::uint8_t> pixels, std::size_t first, std::size_t count) {
    const bool known = answers_.size() == photos_;
    if (known && engine_.photos() >= kTimedPhotos) return;
    const Predictions some = engine_.predict(pixels, count);
    if (first < answers_.size()) return;
    probabilities_.insert(probabilities_.end(), some.probabilities.begin(),
                          some.probabilities.end());
    answers_.insert(answers_.end(), some.answers.begin(), some.answers.end());
  }

  std::span<const int> answers(std::size_t first, std::size_t count) const {
    return std::span(answers_).subspan(first, count);
  }
  std::span<const float> probabilities(std::size_t first, std::size_t count) const {
    return std::span(probabilities_).subspan(first * classes(), count * classes());
  }
  double seconds_a_photo() const { return engine_.seconds_a_photo(); }

 private:
  static constexpr std::size_t kTimedPhotos = 128;
  TimedPredictor engine_;
  const Card& card_;
  std::size_t photos_;
  std::vector<float> probabilities_;
  std::vector<int> answers_;
};

/// All contestants that are still in see the photos, in turns.
void compete(std::span<Contestant> contestants, PlainAnswers& plain, TrialPhotos& photos,
             std::span<const int> labels) {
  for (std::size_t first = 0; first < labels.size(); first += kTogether) {
    if (std::ranges::all_of(contestants, &Contestant::out)) return;
    const std::size_t count = std::min(kTogether, labels.size() - first);
    const auto pixels = photos.pixels(first, count);
    plain.see(pixels, first, count);
    for (Contestant& one : contestants) {
      if (one.out()) continue;
      one.see(pixels, labels.subspan(first, count), plain.answers(first, count),
              plain.probabilities(first, count));
    }
  }
}

}  // namespace

PrecisionTrials try_precisions(const ModelFile& file, std::span<const int> labels,
                               const std::function<Image(std::size_t)>& photo,
                               std::span<const float> known) {
  PrecisionTrials found;
  PlainAnswers plain(file, labels.size(), known);
  if (!plain.predictor().compiled() || labels.empty()) return found;
  TrialPhotos photos(photo, plain.predictor().resize(), labels.size());
  std::vector<Contestant> contestants;
  const auto enter = [&](const PrecisionChoice& choice) {
    auto predictor = std::make_unique<ImagePredictor>(file, choice);
    if (predictor->precision() != choice.precision) return;  // oneDNN can't
    const std::size_t spared = choice.ranges != nullptr ? choice.ranges->spared : choice.spared;
    contestants.emplace_back(std::move(predictor), spared, labels.size());
  };
  std::array<std::size_t, 3> spared_bytes{};
  if (processor_has(Precision::int8)) {
    try {
      found.ranges = ranges_of(file, labels.size(), photos);
      spared_bytes = spared_steps(1, found.ranges->least.size());
    } catch (const std::exception&) {  // no memory for all its values at once: without int8
    }
  }
  // Where answers are too different, fewer convolutions compute with narrow numbers.
  const auto spared_halves = spared_steps(0, convolutions_of(*file.outline));
  for (std::size_t step = 0; step < spared_halves.size(); ++step) {
    if (processor_has(Precision::bf16) && !has_taken(Precision::bf16, found.trials)) {
      enter({.precision = Precision::bf16, .spared = spared_halves[step]});
    }
    if (found.ranges && !has_taken(Precision::int8, found.trials)) {
      found.ranges->spared = spared_bytes[step];
      enter({.precision = Precision::int8, .ranges = &*found.ranges});
    }
    compete(contestants, plain, photos, labels);
    for (const Contestant& one : contestants) {
      found.trials.push_back(one.result(plain.seconds_a_photo()));
    }
    contestants.clear();
  }
  keep_one_of(Precision::bf16, found.trials);
  keep_one_of(Precision::int8, found.trials);
  for (const PrecisionTrial& one : found.trials) {
    if (one.precision == Precision::int8) found.ranges->spared = one.spared;
  }
  return found;
}

void decide_precision(Card& card, const PrecisionTrials& found) {
  card.precision = "f32";
  card.precisions = Json::object();
  card.ranges.reset();
  double fastest = 1;  // f32
  for (const PrecisionTrial& trial : found.trials) {
    card.precisions[std::string(name_of(trial.precision))] = {
        {"photos", trial.photos},
        {"accuracy_f32", rounded(trial.accuracy_f32)},
        {"accuracy", rounded(trial.accuracy)},
        {"labels_as_f32", rounded(trial.agreement)},
        {"largest_difference", rounded(trial.largest_difference, 3)},
        {"taken", trial.taken()}};
    if (trial.precision == Precision::int8 || trial.spared > 0) {
      card.precisions[std::string(name_of(trial.precision))]["convolutions_spared"] = trial.spared;
    }
    if (!trial.taken() || trial.speed_up < fastest) continue;
    fastest = trial.speed_up;
    card.precision = name_of(trial.precision);
    if (trial.precision == Precision::int8) card.ranges = found.ranges;
  }
}

std::string text_of(const PrecisionTrial& trial) {
  const auto same =
      static_cast<std::size_t>(std::lround(trial.agreement * static_cast<double>(trial.photos)));
  char figures[160];
  std::snprintf(figures, sizeof figures,
                ", accuracy %.3f (f32 %.3f), %.1f x as fast: ", trial.accuracy, trial.accuracy_f32,
                trial.speed_up);
  return std::string(name_of(trial.precision)) + ": " + with_commas(same) + " of " +
         with_commas(trial.photos) + " labels as f32" + figures +
         (!trial.taken()        ? "too different"
          : trial.speed_up <= 1 ? "as good, and no faster"
                                : "as good");
}

}  // namespace vitrine
