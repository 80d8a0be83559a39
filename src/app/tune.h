// Changes the decision threshold or the description of a model: what `tune` does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/table/table_file.h"
#include "model/model_file.h"

namespace vitrine::app {

struct TuneOptions {
  std::string model;                 ///< path of a model; for a threshold, of two classes
  std::string output;                ///< path to write; empty: the model file itself
  std::optional<std::string> about;  ///< Card::about
  // At most one of these.
  std::optional<double> threshold;      ///< in (0, 1)
  std::optional<std::size_t> capacity;  ///< predict the positive class for so many cases of `data`
  /// Tables or a folder of photos, for `capacity`; they need no labels.
  std::vector<std::string> data;
  data::TableFileOptions file;

  /// Whether the threshold changes.
  bool decides() const { return threshold || capacity; }
};

struct TuneResult {
  std::string output;
  double before = 0.5;
  double threshold = 0.5;
  bool replaced = false;      ///< the file had been there
  bool unsigned_now = false;  ///< a signature beside the file does not fit any more
  std::size_t cases = 0;      ///< of `data`
  std::size_t positive = 0;   ///< of these, those with at least the threshold
};

/// Writes the model with another threshold in its card and its graph, or another description.
/// Metrics of the card that depend on the threshold (accuracy, F1, the confusion matrix) are
/// removed; the others stay. Throws Error: usage; bad_model; bad_input for a model that does not
/// have two classes, and for a capacity that no threshold gives.
TuneResult tune_model(const TuneOptions& options);

/// The threshold with the lowest expected cost, for `fp=1,fn=5`: the positive class is predicted if
/// a false negative would cost more, which is so from a probability of fp / (fp + fn) on (Elkan
/// 2001). Throws Error(usage).
double threshold_of_cost(const std::string& text);

/// The threshold that `text` is; nullopt if it is no number in (0, 1).
std::optional<double> threshold_of_text(const std::string& text);

}  // namespace vitrine::app
