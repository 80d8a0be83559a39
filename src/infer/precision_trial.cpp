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

struct Answers {
  std::unique_ptr<ImagePredictor> predictor;
  std::vector<float> probabilities;
  std::vector<int> answers;
  double seconds = 0;

  void see(std::span<const std::uint8_t> pixels, std::size_t count) {
    const auto began = std::chrono::steady_clock::now();
    const Predictions some = predictor->predict_pixels(pixels, count, core_count());
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    probabilities.insert(probabilities.end(), some.probabilities.begin(), some.probabilities.end());
    answers.insert(answers.end(), some.answers.begin(), some.answers.end());
  }
};

double share_of_equals(std::span<const int> a, std::span<const int> b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i] ? 1 : 0;
  return static_cast<double>(equal) / static_cast<double>(std::max<std::size_t>(1, a.size()));
}

/// Photos first, first + step, ... as the network takes them.
std::vector<std::uint8_t> pixels_of(const std::function<Image(std::size_t)>& photo,
                                    const Resize& resize, std::size_t first, std::size_t count,
                                    std::size_t step = 1) {
  const auto size = static_cast<std::size_t>(resize.width) * resize.height * 3;
  std::vector<std::uint8_t> pixels(count * size);
  parallel_for(count, [&](std::size_t i) {
    resize_into(photo(first + i * step), resize, &pixels[i * size]);
  });
  return pixels;
}

/// Evenly over all photos.
ActivationRanges ranges_of(const ModelFile& file, std::size_t photos,
                           const std::function<Image(std::size_t)>& photo) {
  const std::size_t step = (photos + kRangePhotos - 1) / kRangePhotos;
  const std::size_t count = (photos + step - 1) / step;
  return ImagePredictor::measure_ranges(file, pixels_of(photo, file.card->image, 0, count, step),
                                        count);
}

/// The first alone, a fifth, two fifths: the first ones matter most.
std::array<std::size_t, 3> spared_steps(const ActivationRanges& ranges) {
  const std::size_t values = ranges.least.size();
  return {1, std::max<std::size_t>(2, values / 5), std::max<std::size_t>(3, 2 * values / 5)};
}

/// Of the trials of int8, the first that can be taken, which is the fastest of them; the closest
/// one where none can.
void keep_one_of_int8(std::vector<PrecisionTrial>& trials) {
  const auto is_int8 = [](const PrecisionTrial& t) { return t.precision == Precision::int8; };
  const auto first = std::ranges::find_if(trials, is_int8);
  if (first == trials.end()) return;
  auto kept = std::find_if(first, trials.end(), [](const auto& t) { return t.taken(); });
  if (kept == trials.end()) {
    kept = std::max_element(first, trials.end(),
                            [](const auto& a, const auto& b) { return a.agreement < b.agreement; });
  }
  *first = *kept;
  trials.erase(first + 1, trials.end());
}

}  // namespace

PrecisionTrials try_precisions(const ModelFile& file, std::span<const int> labels,
                               const std::function<Image(std::size_t)>& photo) {
  std::vector<Answers> engines;
  engines.push_back({std::make_unique<ImagePredictor>(file, Precision::f32)});
  PrecisionTrials found;
  if (!engines[0].predictor->compiled() || labels.empty()) return found;
  std::vector<PrecisionTrial> trials;
  const auto enter = [&](Precision precision, const ActivationRanges* ranges) {
    auto predictor = std::make_unique<ImagePredictor>(file, precision, ranges);
    if (predictor->precision() != precision) return;  // oneDNN can't
    engines.push_back({std::move(predictor)});
    trials.push_back({.precision = precision,
                      .photos = labels.size(),
                      .spared = ranges == nullptr ? 0 : ranges->spared});
  };
  if (processor_has(Precision::bf16)) enter(Precision::bf16, nullptr);
  if (processor_has(Precision::int8)) {
    try {
      found.ranges = ranges_of(file, labels.size(), photo);
    } catch (const std::exception&) {  // no memory for all its values at once: without int8
    }
  }
  if (found.ranges) {
    // Where bytes answer too differently, fewer convolutions compute with them.
    for (const std::size_t spared : spared_steps(*found.ranges)) {
      found.ranges->spared = spared;
      enter(Precision::int8, &*found.ranges);
    }
  }
  const Resize& resize = engines[0].predictor->resize();
  for (std::size_t first = 0; first < labels.size(); first += kTogether) {
    const std::size_t count = std::min(kTogether, labels.size() - first);
    const auto pixels = pixels_of(photo, resize, first, count);
    for (Answers& engine : engines) {
      // What an engine makes ready for its first batch is not its speed.
      if (first == 0) engine.predictor->predict_pixels(pixels, count, core_count());
      engine.see(pixels, count);
    }
  }
  for (std::size_t t = 0; t < trials.size(); ++t) {
    PrecisionTrial& trial = trials[t];
    const Answers& plain = engines[0];
    const Answers& own = engines[t + 1];
    trial.accuracy_f32 = share_of_equals(plain.answers, labels);
    trial.accuracy = share_of_equals(own.answers, labels);
    trial.agreement = share_of_equals(own.answers, plain.answers);
    trial.speed_up = plain.seconds / std::max(own.seconds, 1e-9);
    for (std::size_t i = 0; i < own.probabilities.size(); ++i) {
      trial.largest_difference = std::max<double>(
          trial.largest_difference, std::abs(own.probabilities[i] - plain.probabilities[i]));
    }
  }
  keep_one_of_int8(trials);
  found.trials = std::move(trials);
  if (found.ranges && !found.trials.empty()) found.ranges->spared = found.trials.back().spared;
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
    if (trial.precision == Precision::int8) {
      card.precisions["int8"]["convolutions_spared"] = trial.spared;
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
