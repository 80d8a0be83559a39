// Choosing between networks or heads by validation photos, honestly: no photo both
// chooses and reports.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "model/card.h"
#include "train/photo_features.h"

namespace vitrine {

/// A fold in [0, folds) for each photo, stratified by class; photos that are
/// (nearly) alike stay together.
std::vector<std::uint8_t> deal(const PhotoSet& set, std::uint64_t seed, std::size_t folds);

/// What several candidates answer about the same photos, by models that did not see them; perhaps
/// several times, by models that were fitted on other photos each.
struct Candidates {
  /// [candidate][(repetition * photos + photo) * classes + class]
  std::vector<std::vector<float>> logits;
  /// Candidates come from simple to complex, and of equals the simplest is chosen.
  bool simplest_first = false;

  /// The candidate and its temperature with the least log loss on the photos whose label is not -1.
  /// Equal are those whose loss is within one standard error of the difference (over the photos) of
  /// the least.
  std::pair<std::size_t, double> choose(const std::vector<int>& labels, std::size_t classes) const;
};

/// Heads of falling regularisation, cross-fitted: each photo is answered by heads that were fitted
/// on other folds. Up to `repetitions` ways of folding; the first is deal(set, seed, 5).
Candidates cross_fit_heads(const PhotoSet& set, std::size_t classes,
                           std::span<const double> lambdas, std::size_t repetitions,
                           std::uint64_t seed);

/// Probabilities of the validation photos (of the first repetition): each fifth is answered by the
/// candidate and the temperature that the other four chose.
std::vector<float> cross_fitted(const Candidates& candidates, const PhotoSet& validation,
                                std::size_t classes, std::uint64_t seed);

/// A photo whose label the others' photos speak against.
struct Suspect {
  std::size_t photo = 0;
  int believed = 0;       ///< the class that it looks like
  float probability = 0;  ///< of that class
  float label_probability = 0;
};

/// Confident learning (Northcutt, Jiang and Chuang 2021): photos that get another
/// class's probability above what photos of that class get on average. Probabilities
/// must come from models that were not taught these photos. The surest first.
std::vector<Suspect> find_suspects(const std::vector<float>& probabilities,
                                   const std::vector<int>& labels, std::size_t classes);

}  // namespace vitrine
