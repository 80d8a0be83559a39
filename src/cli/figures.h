// Figures of merit for people: what `train`, `evaluate` and `inspect` print.
#pragma once

#include <string>

#include "base/json.h"

namespace vitrine {

/// The headline figures with their intervals, one a line.
std::string figures_text(const Json& evaluation);

/// The confusion matrix and each class's precision and recall.
std::string confusion_text(const Json& evaluation);

/// The calibration: what was said against what came true.
std::string calibration_text(const Json& evaluation);

/// `warning: ...` with its hint, for a list as schema.h writes it.
std::string warnings_text(const Json& warnings);

/// A column of text padded to `width` characters (code points).
std::string padded(const std::string& text, std::size_t width, bool right = false);

}  // namespace vitrine
