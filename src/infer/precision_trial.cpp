#include "infer/precision_trial.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "base/parallel.h"
#include "base/text.h"
#include "infer/image_predictor.h"

namespace vitrine {
namespace {

constexpr Precision kCandidates[] = {Precision::bf16};  // the fastest last
constexpr std::size_t kTogether = 64;                   // photos in memory

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

}  // namespace

std::vector<PrecisionTrial> try_precisions(const ModelFile& file, std::span<const int> labels,
                                           const std::function<Image(std::size_t)>& photo) {
  std::vector<Answers> engines;
  engines.push_back({std::make_unique<ImagePredictor>(file, Precision::f32)});
  std::vector<PrecisionTrial> trials;
  if (!engines[0].predictor->compiled()) return trials;
  for (const Precision one : kCandidates) {
    if (!processor_has(one)) continue;
    auto predictor = std::make_unique<ImagePredictor>(file, one);
    if (predictor->precision() != one) continue;  // oneDNN can't
    engines.push_back({std::move(predictor)});
    trials.push_back({.precision = one, .photos = labels.size()});
  }
  if (trials.empty()) return trials;
  const Resize& resize = engines[0].predictor->resize();
  const auto size = static_cast<std::size_t>(resize.width) * resize.height * 3;
  for (std::size_t first = 0; first < labels.size(); first += kTogether) {
    const std::size_t count = std::min(kTogether, labels.size() - first);
    std::vector<std::uint8_t> pixels(count * size);
    parallel_for(count,
                 [&](std::size_t i) { resize_into(photo(first + i), resize, &pixels[i * size]); });
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
  return trials;
}

void decide_precision(Card& card, const std::vector<PrecisionTrial>& trials) {
  card.precision = "f32";
  card.precisions = Json::object();
  for (const PrecisionTrial& trial : trials) {
    card.precisions[std::string(name_of(trial.precision))] = {
        {"photos", trial.photos},
        {"accuracy_f32", rounded(trial.accuracy_f32)},
        {"accuracy", rounded(trial.accuracy)},
        {"labels_as_f32", rounded(trial.agreement)},
        {"largest_difference", rounded(trial.largest_difference, 3)},
        {"taken", trial.taken()}};
    if (trial.taken()) card.precision = name_of(trial.precision);
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
         (trial.taken() ? "taken" : "not taken");
}

}  // namespace vitrine
