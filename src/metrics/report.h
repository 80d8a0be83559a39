// An evaluation as JSON: what `evaluate --json` prints and the card keeps. The
// names are stable.
#pragma once

#include "base/json.h"
#include "metrics/classification.h"

namespace vitrine {

/// `rows`, `accuracy`, `log_loss`, `f1_macro`, `ece`, `brier`, for two classes
/// `auc`, each with `<name>_ci95: [low, high]`; `confusion`, `classes`,
/// `calibration`. `names` are the classes' in order.
Json to_json(const Evaluation& evaluation, const std::vector<std::string>& names);

}  // namespace vitrine
