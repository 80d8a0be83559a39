// Chooses among networks or heads by validation photos, with cross-fitting: no photo is used both
// for the choice and for the metrics of the chosen one.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "model/card.h"
#include "train/photo/photo_features.h"

namespace vitrine::train {

/// Assigns each photo to a fold in [0, folds), stratified by class. Photos that are (nearly)
/// identical (PhotoSet::groups) get the same fold.
std::vector<std::uint8_t> deal(const PhotoSet& set, std::uint64_t seed, std::size_t folds);

/// Predictions of several candidates for the same photos, by models that were not trained on them.
/// With several repetitions, each by models that were trained on other folds.
struct Candidates {
  /// [candidate][(repetition * photos + photo) * classes + class]
  std::vector<std::vector<float>> logits;
  /// Candidates are sorted from simple to complex, and the one-standard-error rule is used.
  bool simplest_first = false;

  /// Chooses the candidate with the smallest log loss on the photos whose label is not -1; returns
  /// its index and temperature. With simplest_first, the first candidate whose loss is within one
  /// standard error of the difference (over the photos) from the smallest one.
  std::pair<std::size_t, double> choose(const std::vector<int>& labels, std::size_t classes) const;
};

/// Fits heads with decreasing regularisation and cross-fits them: each photo is predicted by heads
/// that were fitted on the other folds. Uses `repetitions` divisions into folds; the first is
/// deal(set, seed, 5).
Candidates cross_fit_heads(const PhotoSet& set, std::size_t classes,
                           std::span<const double> lambdas, std::size_t repetitions,
                           std::uint64_t seed);

/// Cross-fitted probabilities of the validation photos (first repetition): each fifth is predicted
/// by the candidate and the temperature that were chosen on the other four.
std::vector<float> cross_fitted(const Candidates& candidates, const PhotoSet& validation,
                                std::size_t classes, std::uint64_t seed);

/// A photo whose label is probably wrong.
struct LabelIssue {
  std::size_t photo = 0;        ///< index of the photo
  int believed = 0;             ///< the predicted class
  float probability = 0;        ///< of the predicted class
  float label_probability = 0;  ///< of the label
};

/// Finds label issues by confident learning (Northcutt, Jiang and Chuang 2021): photos that get a
/// higher probability of another class than the photos of that class get on average. The
/// probabilities must come from models that were not trained on these photos. Sorted by the
/// difference of the two probabilities, largest first.
std::vector<LabelIssue> find_label_issues(const std::vector<float>& probabilities,
                                          const std::vector<int>& labels, std::size_t classes);

}  // namespace vitrine::train
