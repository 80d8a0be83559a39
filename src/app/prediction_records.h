// Reads the prediction log of a server (`serve --log-predictions`) for evaluation.
#pragma once

#include <string>
#include <vector>

#include "data/table/schema.h"

namespace vitrine::app {

/// The logged predictions of one model and their true labels.
struct PredictionRecords {
  std::vector<float> probabilities;  ///< rows x classes, in the schema's order of classes; of a
                                     ///< number: rows x data::NumberOutputs
  std::vector<int> predicted;        ///< predicted classes, or tenths
  std::vector<int> labels;           ///< true classes, or tenths; -1: unknown
  std::vector<double> targets;       ///< true numbers; NaN: unknown; empty for classes
  std::vector<data::Warning> warnings;
};

/// Whether the file is a prediction log: JSON lines with `request_id`, and `probabilities` or
/// `prediction`.
bool is_prediction_log(const std::string& path);

/// Reads the lines of the model file with the SHA-256 `digest`. The true labels come from the CSV
/// table `truth_path` (columns `request_id`, the target, and `row` if requests had several rows);
/// if `truth_path` is empty, from a field with the target's name in each line; else from the lines
/// that the server wrote when somebody told it (POST /models/NAME/feedback). Lines of other
/// models and truncated lines are skipped with a warning. Throws Error(bad_input).
PredictionRecords read_prediction_log(const std::string& path, const std::string& truth_path,
                                      const data::Target& target, const std::string& digest);

}  // namespace vitrine::app
