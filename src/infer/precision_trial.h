// Whether a network may compute with coarser numbers: measured on photos, beside f32.
#pragma once

#include <functional>
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
  std::size_t photos = 0;
  double accuracy_f32 = 0;
  double accuracy = 0;
  double agreement = 0;           ///< of labels with those of f32
  double largest_difference = 0;  ///< of a probability
  double speed_up = 0;  ///< f32's time by its own, all cores; of no weight, for it is noisy

  /// At most half a point of accuracy lost, and 98 % of labels agree: what changes are photos whose
  /// first two classes are about as probable.
  bool taken() const { return accuracy >= accuracy_f32 - 0.005 && agreement >= 0.98; }
};

inline constexpr std::size_t kMostTrialPhotos = 1000;

/// Tries every precision that this processor has, on `labels.size()` photos. `photo(i)` decodes
/// one; it is called on all cores. Empty where the network is not compiled. Throws Error.
std::vector<PrecisionTrial> try_precisions(const ModelFile& file, std::span<const int> labels,
                                           const std::function<Image(std::size_t)>& photo);

/// Puts what was found into the card, and the fastest precision that is taken.
void decide_precision(Card& card, const std::vector<PrecisionTrial>& trials);

/// A line for people: `bf16: 340 of 341 labels as f32, accuracy 0.871 (f32 0.871), 1.8 x as fast:
/// taken`.
std::string text_of(const PrecisionTrial& trial);

}  // namespace vitrine
