// Metrics as text for people, as `train`, `evaluate` and `inspect` print them. Pure functions;
// `evaluation` is a JSON object of metrics as task::to_json() writes it (a missing key throws
// Json::exception).
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "data/table/schema.h"

namespace vitrine::cli {

/// The main metrics, one per line, with their 95 % confidence intervals, those in
/// `evaluation["at_training"]` and the baseline, as far as there are any. With fewer than 10 cases
/// there are no intervals.
std::string metrics_text(const Json& evaluation);

/// The precision and recall of each class, in the target's own spelling, with the confusion matrix
/// if it fits 80 columns, else with the most frequent confusions.
std::string confusion_text(const Json& evaluation, const data::Target& target);

/// The calibration: mean predicted probability and observed frequency per bin.
std::string calibration_text(const Json& evaluation);

/// `warning: ...` with its hint. Of more than three columns with the same warning, the first one
/// has it in full, and a line names the others.
std::string warnings_text(std::span<const data::Warning> warnings);

}  // namespace vitrine::cli
