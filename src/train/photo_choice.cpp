#include "train/photo_choice.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "base/random.h"
#include "metrics/classification.h"
#include "train/judge.h"
#include "train/softmax_head.h"

namespace vitrine {

std::vector<std::uint8_t> deal(const PhotoSet& set, std::uint64_t seed, std::size_t folds) {
  std::vector<std::size_t> order(set.paths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  random.shuffle(std::span(order));
  std::map<std::size_t, std::uint8_t> seen;
  std::map<int, std::size_t> dealt;
  std::vector<std::uint8_t> fold(order.size());
  for (const std::size_t i : order) {
    const auto next = static_cast<std::uint8_t>(dealt[set.labels[i]] % folds);
    const auto [place, is_new] = seen.emplace(set.groups[i], next);
    if (is_new) ++dealt[set.labels[i]];
    fold[i] = place->second;
  }
  return fold;
}

std::pair<std::size_t, double> Candidates::choose(const std::vector<int>& labels,
                                                  std::size_t classes) const {
  std::pair<std::size_t, double> best{0, 1};
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double temperature = fit_temperature(logits[i], labels, classes);
    const double loss = log_loss(softmax_rows(logits[i], classes, temperature), labels, classes);
    if (loss < least) {
      least = loss;
      best = {i, temperature};
    }
  }
  return best;
}

std::vector<float> cross_fitted(const Candidates& candidates, const PhotoSet& validation,
                                std::size_t classes, std::uint64_t seed) {
  const auto fold = deal(validation, seed, 5);
  std::vector<float> pooled(validation.labels.size() * classes);
  for (std::uint8_t out = 0; out < 5; ++out) {
    const auto labels =
        labels_where(validation.labels, [&](std::size_t i) { return fold[i] != out; });
    const auto [chosen, temperature] = candidates.choose(labels, classes);
    const auto p = softmax_rows(candidates.logits[chosen], classes, temperature);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (fold[i] != out) continue;
      std::copy_n(p.begin() + static_cast<std::ptrdiff_t>(i * classes), classes,
                  pooled.begin() + static_cast<std::ptrdiff_t>(i * classes));
    }
  }
  return pooled;
}

std::vector<Suspect> find_suspects(const std::vector<float>& probabilities,
                                   const std::vector<int>& labels, std::size_t classes) {
  std::vector<double> sums(classes, 0);
  std::vector<double> counts(classes, 0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    sums[label] += static_cast<double>(probabilities[i * classes + label]);
    ++counts[label];
  }
  std::vector<Suspect> out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float* row = &probabilities[i * classes];
    const auto top = static_cast<std::size_t>(std::max_element(row, row + classes) - row);
    const auto label = static_cast<std::size_t>(labels[i]);
    if (top == label || static_cast<double>(row[top]) * counts[top] < sums[top]) continue;
    out.push_back({i, static_cast<int>(top), row[top], row[label]});
  }
  std::ranges::sort(out, std::greater<>(),
                    [](const Suspect& one) { return one.probability - one.label_probability; });
  return out;
}

}  // namespace vitrine
