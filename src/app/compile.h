// Measures in which number formats (f32, bf16, int8) an image network predicts well: what `compile`
// does.
#pragma once

#include <string>

#include "app/observer.h"
#include "engine/precision_trial.h"

namespace vitrine::app {

struct CompileOptions {
  std::string model;
  std::string data;    ///< a folder of one folder of photos a class
  std::string output;  ///< empty: the model file itself
};

struct CompileResult {
  std::string output;
  engine::PrecisionTrials trials;
  model::Precision precision = model::Precision::f32;  ///< the chosen one
};

/// Measures on photos the speed of bf16 and int8 and their agreement with f32, and writes the
/// choice into the card. Photos that can't be read are skipped and reported. Writes the file
/// atomically. Throws Error: bad_input for a model or data without photos, failed if this processor
/// supports only f32.
CompileResult compile_model(const CompileOptions& options, const Observer& observer);

}  // namespace vitrine::app
