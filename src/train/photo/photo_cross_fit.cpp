#include "train/photo/photo_cross_fit.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <numeric>

#include "base/parallel.h"
#include "base/random.h"
#include "metrics/classification.h"
#include "train/evaluation.h"
#include "train/photo/softmax_head.h"

namespace vitrine::train {

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

namespace {

/// The loss of each photo with a label, as mean over the repetitions.
std::vector<double> losses_of(std::span<const float> logits, const std::vector<int>& labels,
                              std::size_t classes, std::size_t repetitions, double temperature) {
  const std::size_t size = labels.size() * classes;
  std::vector<double> mean;
  for (std::size_t r = 0; r < repetitions; ++r) {
    std::vector<double> losses;
    metrics::log_loss(softmax_rows(logits.subspan(r * size, size), classes, temperature), labels,
                      classes, &losses);
    mean.resize(losses.size(), 0);
    for (std::size_t i = 0; i < losses.size(); ++i) {
      mean[i] += losses[i] / static_cast<double>(repetitions);
    }
  }
  return mean;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         std::max(1.0, static_cast<double>(values.size()));
}

/// True if `losses` are within one standard error of the difference from `least`.
bool as_good(const std::vector<double>& losses, const std::vector<double>& least) {
  const auto n = static_cast<double>(losses.size());
  const double difference = mean_of(losses) - mean_of(least);
  double squares = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const double away = losses[i] - least[i] - difference;
    squares += away * away;
  }
  return n > 1 && difference <= std::sqrt(squares / (n - 1) / n);
}

}  // namespace

std::pair<std::size_t, double> Candidates::choose(const std::vector<int>& labels,
                                                  std::size_t classes) const {
  const std::size_t repetitions =
      logits.empty() || labels.empty() ? 1 : logits[0].size() / (labels.size() * classes);
  std::vector<double> temperatures;
  std::vector<std::vector<double>> losses;
  std::size_t best = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    temperatures.push_back(fit_temperature(logits[i], labels, classes, repetitions));
    losses.push_back(losses_of(logits[i], labels, classes, repetitions, temperatures[i]));
    if (mean_of(losses[i]) < mean_of(losses[best])) best = i;
  }
  if (logits.empty()) return {0, 1};
  for (std::size_t i = 0; simplest_first && i < best; ++i) {
    if (as_good(losses[i], losses[best])) return {i, temperatures[i]};
  }
  return {best, temperatures[best]};
}

namespace {

/// The held-out photos of one fold, and the solver for the others.
struct HeldOut {
  std::vector<std::size_t> photos;
  std::size_t repetition = 0;
  std::vector<float> features;  ///< of the other photos
  std::vector<int> labels;
  std::unique_ptr<HeadSolver> solver;
};

std::vector<HeldOut> held_out_folds(const PhotoSet& set, std::size_t classes,
                                    std::size_t repetitions, std::uint64_t seed) {
  constexpr std::uint8_t kFolds = 5;
  const std::size_t dimensions = set.features.size() / set.labels.size();
  std::vector<HeldOut> out;
  for (std::size_t r = 0; r < repetitions; ++r) {
    const auto fold = deal(set, seed + r, kFolds);
    for (std::uint8_t k = 0; k < kFolds; ++k) {
      HeldOut& one = out.emplace_back();
      one.repetition = r;
      for (std::size_t i = 0; i < fold.size(); ++i) {
        if (fold[i] == k) {
          one.photos.push_back(i);
          continue;
        }
        const auto from = set.features.begin() + static_cast<std::ptrdiff_t>(i * dimensions);
        one.features.insert(one.features.end(), from,
                            from + static_cast<std::ptrdiff_t>(dimensions));
        one.labels.push_back(set.labels[i]);
      }
      if (one.photos.empty()) {
        out.pop_back();
        continue;
      }
      one.solver =
          std::make_unique<HeadSolver>(HeadRows{one.features, one.labels, dimensions, classes});
      one.features = {};  // the solver has a copy
    }
  }
  return out;
}

}  // namespace

Candidates cross_fit_heads(const PhotoSet& set, std::size_t classes,
                           std::span<const double> lambdas, std::size_t repetitions,
                           std::uint64_t seed) {
  const std::size_t photos = set.labels.size();
  const std::size_t dimensions = set.features.size() / photos;
  std::vector<HeldOut> folds = held_out_folds(set, classes, repetitions, seed);
  Candidates out{.logits = {}, .simplest_first = true};
  for (const double lambda : lambdas) {
    auto& logits = out.logits.emplace_back(repetitions * photos * classes);
    parallel_for(folds.size(), [&](std::size_t i) {
      const model::SoftmaxHead head = folds[i].solver->fit(lambda);
      for (const std::size_t photo : folds[i].photos) {
        const auto row =
            head_logits(head, std::span(set.features).subspan(photo * dimensions, dimensions));
        std::ranges::copy(
            row, logits.begin() +
                     static_cast<std::ptrdiff_t>((folds[i].repetition * photos + photo) * classes));
      }
    });
    // Weaker regularisation does not improve the loss any more.
    if (out.choose(set.labels, classes).first + 2 < out.logits.size()) break;
  }
  return out;
}

std::vector<float> cross_fitted(const Candidates& candidates, const PhotoSet& validation,
                                std::size_t classes, std::uint64_t seed) {
  const auto fold = deal(validation, seed, 5);
  std::vector<float> pooled(validation.labels.size() * classes);
  for (std::uint8_t out = 0; out < 5; ++out) {
    const auto labels =
        labels_where(validation.labels, [&](std::size_t i) { return fold[i] != out; });
    const auto [chosen, temperature] = candidates.choose(labels, classes);
    const auto first = std::span(candidates.logits[chosen]).first(pooled.size());
    const auto p = softmax_rows(first, classes, temperature);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (fold[i] != out) continue;
      std::copy_n(p.begin() + static_cast<std::ptrdiff_t>(i * classes), classes,
                  pooled.begin() + static_cast<std::ptrdiff_t>(i * classes));
    }
  }
  return pooled;
}

std::vector<LabelIssue> find_label_issues(const std::vector<float>& probabilities,
                                          const std::vector<int>& labels, std::size_t classes) {
  std::vector<double> sums(classes, 0);
  std::vector<double> counts(classes, 0);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    sums[label] += static_cast<double>(probabilities[i * classes + label]);
    ++counts[label];
  }
  std::vector<LabelIssue> out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const float* row = &probabilities[i * classes];
    const auto top = static_cast<std::size_t>(std::max_element(row, row + classes) - row);
    const auto label = static_cast<std::size_t>(labels[i]);
    if (top == label || static_cast<double>(row[top]) * counts[top] < sums[top]) continue;
    out.push_back({i, static_cast<int>(top), row[top], row[label]});
  }
  std::ranges::sort(out, std::greater<>(),
                    [](const LabelIssue& one) { return one.probability - one.label_probability; });
  return out;
}

}  // namespace vitrine::train
