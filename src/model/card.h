// The card: what a model says of itself. JSON under `vitrine.card` in the
// file's metadata; docs/model-file.md is its page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/resize.h"
#include "data/schema.h"
#include "model/activation_ranges.h"

namespace vitrine {

inline constexpr int kCardFormat = 1;

struct Card {
  std::string task = "table";  ///< or "image"
  std::string algorithm;       ///< "logistic" or "trees"; of photos "frozen"
  TableSchema schema;          ///< of photos: the target alone
  Resize image;                ///< task image: what is done to a decoded photo
  /// Task image: the graph does not run several photos at once, or answers them otherwise than
  /// alone (a network that was exported for one photo).
  bool one_by_one = false;

  bool of_photos() const { return task == "image"; }

  /// Prediction sets (metrics/conformal.h): classes whose probability is at least
  /// `threshold` hold the truth in a share of `level` of cases. By level; may be empty.
  struct PredictionSet {
    double level = 0;
    double threshold = 0;
  };
  std::vector<PredictionSet> sets;

  /// The threshold of the smallest level that is at least `level`. Throws
  /// Error(bad_input) where there is none.
  double set_threshold(double level) const;

  /// Photos: the numbers that the network computes with where the processor is made for them
  /// ("f32", "bf16", "int8"), and what was measured of each.
  std::string precision = "f32";
  Json precisions = Json::object();
  std::optional<ActivationRanges> ranges;  ///< where int8 was chosen

  /// Two classes: the second is answered from this probability on, in (0, 1).
  double threshold = 0.5;

  // For people and programs; prediction does not depend on these.
  Json training = Json::object();    ///< rows, fingerprint, seed, options, versions
  Json figures = Json::object();     ///< `test` and `cross_validation`
  Json importance = Json::object();  ///< columns by weight
  Json warnings = Json::array();     ///< what was found in the training data
};

Json to_json(const Card& card);

/// Throws Error(bad_model) where the card is broken or from a newer format.
Card card_from_json(const std::string& text, const std::string& where);

}  // namespace vitrine
