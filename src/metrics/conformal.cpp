#include "metrics/conformal.h"

#include <algorithm>
#include <cmath>

namespace vitrine::metrics {

double prediction_set_threshold(std::vector<float> truths, double level) {
  // Of n + 1 cases, including the new one, floor((n + 1)(1 - level)) may have a set without the
  // true class.
  const double missed = static_cast<double>(truths.size() + 1) * (1 - level);
  const auto rank = static_cast<std::size_t>(std::floor(missed + 1e-9));
  if (rank == 0) return 0;
  const auto at = truths.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::ranges::nth_element(truths, at);
  return static_cast<double>(*at);
}

double interval_factor(std::vector<float> scores, double level) {
  if (scores.empty()) return 0;
  const double rank = std::ceil(static_cast<double>(scores.size() + 1) * level - 1e-9);
  const auto place = std::min(scores.size(), static_cast<std::size_t>(std::max(1.0, rank)));
  const auto at = scores.begin() + static_cast<std::ptrdiff_t>(place - 1);
  std::ranges::nth_element(scores, at);
  return static_cast<double>(*at);
}

SetFigures evaluate_sets(std::span<const float> probabilities, std::span<const int> labels,
                         std::size_t classes, std::span<const std::uint8_t> fold, std::size_t folds,
                         double level) {
  SetFigures out{.level = level};
  const auto truth = [&](std::size_t i) {
    return probabilities[i * classes + static_cast<std::size_t>(labels[i])];
  };
  std::size_t covered = 0;
  std::size_t members = 0;
  std::size_t empty = 0;
  for (std::size_t out_fold = 0; out_fold < folds; ++out_fold) {
    std::vector<float> others;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (fold[i] != out_fold) others.push_back(truth(i));
    }
    const auto threshold = static_cast<float>(prediction_set_threshold(std::move(others), level));
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (fold[i] != out_fold) continue;
      const auto row = probabilities.subspan(i * classes, classes);
      const auto size = std::ranges::count_if(row, [&](float p) { return p >= threshold; });
      members += static_cast<std::size_t>(size);
      empty += size == 0 ? 1 : 0;
      covered += truth(i) >= threshold ? 1 : 0;
    }
  }
  const auto rows = static_cast<double>(std::max<std::size_t>(1, labels.size()));
  out.coverage = proportion(covered, labels.size());
  out.size = static_cast<double>(members) / rows;
  out.empty = static_cast<double>(empty) / rows;
  return out;
}

}  // namespace vitrine::metrics
