// The card: the description of a model, as JSON under `vitrine.card` in the file's metadata.
// docs/reference/model-file.md documents it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/image/resize.h"
#include "data/table/schema.h"
#include "model/activation_ranges.h"

namespace vitrine::model {

inline constexpr int kCardFormat = 1;

struct Card {
  std::string task = "table";  ///< or "image"
  std::string algorithm;       ///< "logistic" or "trees"; for images "frozen" and others
  data::TableSchema schema;    ///< task image: only the target
  data::Resize image;          ///< task image: how a decoded photo is resized
  /// Task image: the graph can't run several photos at once, or its results then differ (a network
  /// exported for batch size 1).
  bool one_by_one = false;

  bool of_photos() const { return task == "image"; }

  /// Prediction sets (metrics/conformal.h): the classes whose probability is at least `threshold`
  /// contain the true class in a share of `level` of cases. Sorted by level; may be empty.
  struct PredictionSet {
    double level = 0;
    double threshold = 0;
  };
  std::vector<PredictionSet> sets;

  /// The threshold of the smallest level that is at least `level`. Throws Error(bad_input) if there
  /// is none.
  double prediction_set_threshold(double level) const;

  /// Task image: the number format in which the network computes on processors with instructions
  /// for it ("f32", "bf16", "int8"), and the measurements of each.
  std::string precision = "f32";
  Json precisions = Json::object();
  std::optional<ActivationRanges> ranges;  ///< if int8 was chosen

  /// Two classes: the second is predicted if its probability is at least this, in (0, 1).
  double threshold = 0.5;

  // For people and programs; prediction does not depend on these.
  Json training = Json::object();    ///< rows, fingerprint, seed, options, versions
  Json figures = Json::object();     ///< `test` and `cross_validation`
  Json importance = Json::object();  ///< feature importance by column
  Json warnings = Json::array();     ///< problems found in the training data
};

Json to_json(const Card& card);

/// Reads and checks a card. Throws Error(bad_model) if it is damaged or of a newer format. `where`
/// names the file in errors.
Card card_from_json(const std::string& text, const std::string& where);

}  // namespace vitrine::model
