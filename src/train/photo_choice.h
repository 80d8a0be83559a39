// Choosing between networks or heads by validation photos, honestly: no photo both
// chooses and reports.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/card.h"
#include "train/photo_features.h"

namespace vitrine {

/// A fold in [0, folds) for each photo, stratified by class; photos that are
/// (nearly) alike stay together.
std::vector<std::uint8_t> deal(const PhotoSet& set, std::uint64_t seed, std::size_t folds);

/// What several candidates answer about the same photos.
struct Candidates {
  std::vector<std::vector<float>> logits;  ///< [candidate][photo * classes + class]

  /// The candidate and its temperature with the least log loss on the photos whose
  /// label is not -1.
  std::pair<std::size_t, double> choose(const std::vector<int>& labels, std::size_t classes) const;
};

/// Probabilities of the validation photos: each fifth is answered by the candidate
/// and the temperature that the other four chose.
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
