// Tests on photos whether a network may compute in bf16 or int8: compares the predictions with f32.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/json.h"
#include "data/image/image.h"
#include "engine/network_engine.h"
#include "model/model_file.h"

namespace vitrine::engine {

/// The result of one precision compared with f32 on the same photos. Shares are in [0, 1].
struct PrecisionTrial {
  Precision precision = Precision::f32;
  std::size_t photos = 0;  ///< photos used; a trial that can't be accepted any more ends early
  double accuracy_f32 = 0;
  double accuracy = 0;
  double agreement = 0;               ///< share of predicted labels that equal those of f32
  double largest_difference = 0;      ///< largest difference of a probability
  std::size_t skip_first_layers = 0;  ///< convolutions, from the first, in a wider format
  double speed_up = 0;                ///< time of f32 / time, on all cores; noisy

  /// True if the accuracy decreases by at most 0.005, and 98 % of labels agree (int8: 99 %). Labels
  /// that change are mostly of photos whose two best classes are about equally probable.
  bool accepted() const {
    return accuracy >= accuracy_f32 - 0.005 && agreement >= least_agreement(precision);
  }
  static double least_agreement(Precision precision) {
    return precision == Precision::int8 ? 0.99 : 0.98;
  }
};

struct PrecisionTrials {
  std::vector<PrecisionTrial> trials;
  std::optional<model::ActivationRanges> ranges;  ///< for int8
};

inline constexpr std::size_t kMostTrialPhotos = 1000;

/// Tries every precision that this processor supports, on `labels.size()` photos. `photo(i)`
/// decodes photo i; it is called from several threads. The scales of int8 come from up to 128 of
/// the photos. `known`: the probabilities of f32 ([photo][class]) if they are known already.
/// Returns no trials if the network can't be compiled. Throws Error.
PrecisionTrials try_precisions(const model::ModelFile& file, std::span<const int> labels,
                               const std::function<data::Image(std::size_t)>& photo,
                               std::span<const float> known = {});

/// Writes the results and the fastest accepted precision into the card.
void decide_precision(model::Card& card, const PrecisionTrials& found);

/// A line of text: `bf16: 340 of 341 labels as f32 (accuracy -0.003), 1.8 x as fast: accepted`.
std::string text_of(const PrecisionTrial& trial);

}  // namespace vitrine::engine
