// Whether a network may compute with coarser numbers: measured on photos, beside f32.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/json.h"
#include "data/image.h"
#include "infer/network_engine.h"
#include "model/model_file.h"

namespace vitrine {

/// How a network answers at a lower precision about the same photos. Shares are in [0, 1].
struct PrecisionTrial {
  Precision precision = Precision::f32;
  std::size_t photos = 0;  ///< that it saw: fewer than there were where it was hopeless
  double accuracy_f32 = 0;
  double accuracy = 0;
  double agreement = 0;           ///< of labels with those of f32
  double largest_difference = 0;  ///< of a probability
  std::size_t spared = 0;         ///< convolutions, from the first, that had wider numbers
  double speed_up = 0;  ///< f32's time by its own, all cores: noisy, and says only which is faster

  /// At most half a point of accuracy lost, and 98 % of labels agree, 99 % with int8: what changes
  /// are photos whose first two classes are about as probable.
  bool taken() const {
    return accuracy >= accuracy_f32 - 0.005 && agreement >= least_agreement(precision);
  }
  static double least_agreement(Precision precision) {
    return precision == Precision::int8 ? 0.99 : 0.98;
  }
};

struct PrecisionTrials {
  std::vector<PrecisionTrial> trials;
  std::optional<ActivationRanges> ranges;  ///< of int8
};

inline constexpr std::size_t kMostTrialPhotos = 1000;

/// Tries every precision that this processor has, on `labels.size()` photos. `photo(i)` decodes
/// one; it is called on all cores. int8 is scaled by up to 128 of the photos. `known`: the
/// probabilities that f32 gives, one a photo and class, where somebody has them already. No trials
/// where the network is not compiled. Throws Error.
PrecisionTrials try_precisions(const ModelFile& file, std::span<const int> labels,
                               const std::function<Image(std::size_t)>& photo,
                               std::span<const float> known = {});

/// Puts what was found into the card, and the fastest precision that is taken.
void decide_precision(Card& card, const PrecisionTrials& found);

/// A line for people: `bf16: 340 of 341 labels as f32, accuracy 0.871 (f32 0.871), 1.8 x as fast:
/// as good`.
std::string text_of(const PrecisionTrial& trial);

}  // namespace vitrine
