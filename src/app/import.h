// Conversion of other programs' model files: what `import` does.
#pragma once

#include <string>
#include <vector>

#include "interop/sklearn/sklearn.h"

namespace vitrine::app {

struct ImportModelOptions {
  std::vector<std::string> files;  ///< one pickle, or a DictVectorizer and a classifier in two
  std::string output;              ///< the model file to write
  interop::ImportOptions reader;
};

/// Reads the pickles without executing them, checks that the compiled model and its graph (run by
/// ONNX Runtime without optimisation) give the same probabilities within 1e-5, and writes the file
/// atomically. Throws Error: bad_input for files that can't be read, failed if the check or the
/// disk fails; then nothing is written.
interop::ImportedModel import_model(const ImportModelOptions& options);

}  // namespace vitrine::app
