// An evaluation as JSON, for `evaluate --json` and the card. The names are stable.
#pragma once

#include "base/json.h"
#include "metrics/classification.h"

namespace vitrine::metrics {

/// `rows`; `accuracy`, `log_loss`, `f1_macro`, `ece`, `brier` and for two classes `auc`, each with
/// `<name>_ci95: [low, high]`; `confusion`, `classes`, `calibration`. `names` are the names of the
/// classes, in order.
Json to_json(const Evaluation& evaluation, const std::vector<std::string>& names);

}  // namespace vitrine::metrics
