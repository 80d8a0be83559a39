// The predictions log of a server (`serve --log-predictions`), read back to be judged.
#pragma once

#include <string>
#include <vector>

#include "data/schema.h"

namespace vitrine {

/// What a server answered, with what turned out to be true.
struct PredictionRecords {
  std::vector<float> probabilities;  ///< row after row, in the schema's order of classes
  std::vector<int> answers;
  std::vector<int> labels;  ///< -1: not known
  std::vector<Warning> warnings;
};

/// Whether the file is such a log: JSON lines with `request_id` and `probabilities`.
bool is_prediction_log(const std::string& path);

/// Reads the lines that the model of SHA-256 `digest` answered. The truth comes from the CSV table
/// `truth_path` (columns `request_id`, `row` where requests had several, and the target), or where
/// it is empty from a field with the target's name in the lines themselves. Throws
/// Error(bad_input).
PredictionRecords read_prediction_log(const std::string& path, const std::string& truth_path,
                                      const Target& target, const std::string& digest);

}  // namespace vitrine
