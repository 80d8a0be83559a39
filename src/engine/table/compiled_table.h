// Runs table classifiers without ONNX Runtime: their parameters are read from the graph when the
// file is opened.
#pragma once

#include <memory>

#include "engine/predictor.h"

namespace vitrine::engine {

/// Returns null if the graph is not exactly one that Vitrine writes for this card. Labels are the
/// same as with ONNX Runtime, probabilities differ by less than 1e-6.
std::unique_ptr<Predictor> open_compiled_table(const model::ModelFile& file);

}  // namespace vitrine::engine
