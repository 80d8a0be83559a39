// Models of tables that answer without a runtime: their parameters are read out of the graph when
// the file is opened.
#pragma once

#include <memory>

#include "infer/predictor.h"

namespace vitrine {

/// Null for a graph that is not, to the byte, one that Vitrine writes for this card, and for
/// ensembles that CompiledTrees does not take. Labels are those of the graph on ONNX Runtime,
/// probabilities differ by less than 1e-6.
std::unique_ptr<Predictor> open_compiled_table(const ModelFile& file);

}  // namespace vitrine
