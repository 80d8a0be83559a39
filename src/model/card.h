// The card: the description of a model, as JSON under `vitrine.card` in the file's metadata.
// docs/reference/model-file.md documents it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "data/image/resize.h"
#include "data/table/schema.h"
#include "model/activation_ranges.h"
#include "model/precision.h"

namespace vitrine::model {

inline constexpr int kCardFormat = 1;

/// What a model reads. In JSON: "table" or "image".
enum class InputKind { rows, photos };
std::string_view name_of(InputKind input);

/// What a model's predictions depend on.
struct FeatureImportance {
  struct Column {
    std::string key;
    /// Of the log loss, or of the root mean squared error of numbers, on test rows whose column is
    /// shuffled.
    double loss_increase = 0;
  };
  struct Weight {
    std::string feature;  ///< "contract=two_year"
    double weight = 0;    ///< in logits, or in standard deviations of the target; of the
                          ///< standardised feature
  };
  std::vector<Column> columns;  ///< by falling increase; empty for photos
  std::vector<Weight>
      weights;  ///< the largest ones; empty if the model is not linear, or has more classes
};

/// A case to try, for the web page.
struct Example {
  std::string label;       ///< the class as in the training table; of a number, a part of its range
  Json row = Json();       ///< tables: an object of column keys and values; photos: null
  std::string photo = {};  ///< photos: a small JPEG
};

inline constexpr std::size_t kMostExamples = 24;
inline constexpr std::size_t kMostAbout = 300;

/// Throws Error(usage) unless `about` is one line of text of at most kMostAbout bytes. `where`
/// names the option.
void check_about(const std::string& about, const std::string& where);

/// The keys in Card::metrics of the model's own metrics, those that say most first.
inline constexpr std::array<const char*, 3> kFigureKinds = {"test", "validation",
                                                            "cross_validation"};

struct Card {
  InputKind input = InputKind::rows;
  std::string algorithm;  ///< "logistic", "linear" or "trees", imported also "tree", "forest"; for
                          ///< photos "frozen" and others
  data::TableSchema schema;  ///< photos: only the target
  data::Resize image;        ///< photos: how a decoded photo is resized
  /// Photos: the graph can't run several of them at once, or its results then differ (a network
  /// exported for batch size 1).
  bool one_by_one = false;

  bool of_photos() const { return input == InputKind::photos; }

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

  /// Throws Error(bad_input) if predictions have no interval at this level (data::NumberTarget).
  void check_interval_level(double level) const;

  /// Photos: the number format in which the network computes on processors with instructions for
  /// it, and the measurements of each that was tried.
  Precision precision = Precision::f32;
  std::vector<PrecisionMeasurement> precisions;
  std::optional<ActivationRanges> ranges;  ///< if int8 was chosen

  /// The key in `metrics` of those that say best what to expect of the model, the first of
  /// kFigureKinds; empty if there are none (imported models).
  std::string_view headline() const;

  /// Whether training found the model better than its baseline (task/baseline.h) by more than
  /// chance: on the test set, and where that is small also on the rows that chose the model.
  /// nullopt if that is not known.
  std::optional<bool> beats_baseline() const;

  /// The measurement of a precision; nullptr if it was not tried.
  const PrecisionMeasurement* measured(Precision precision) const;

  /// Two classes: the second is predicted if its probability is at least this, in (0, 1).
  double threshold = 0.5;

  // For people and programs; prediction does not depend on these.
  std::string about;              ///< a sentence on what is predicted; at most kMostAbout bytes
  std::vector<Example> examples;  ///< cases to try, at most kMostExamples
  FeatureImportance importance;
  std::vector<data::Warning> warnings;  ///< problems found in the training data
  Json training = Json::object();       ///< rows, fingerprint, seed, options, versions
  Json metrics = Json::object();        ///< `test` and `cross_validation`: task::to_json()
};

Json to_json(const Card& card);

/// Leaves out of the output of to_json() what is not for people: the models of free text columns
/// are replaced by their sizes, and the filter of training cases is removed.
void leave_out_weights(Json& card);

/// Reads and checks a card. Throws Error(bad_model) if it is damaged or of a newer format. `where`
/// names the file in errors.
Card card_from_json(const std::string& text, const std::string& where);

}  // namespace vitrine::model
