// Conversion of other programs' model files: what `import` does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/import_check.h"
#include "interop/imported_model.h"

namespace vitrine::app {

struct ImportModelOptions {
  std::vector<std::string> files;  ///< of one model
  std::string output;              ///< the model file to write
  interop::ImportOptions reader;
  std::optional<ImportCheck> check;
};

struct ImportResult {
  interop::ImportedModel model;
  std::optional<ImportCheckResult> check;
};

/// Reads the files without executing anything in them, checks that the compiled model and its graph
/// (run by ONNX Runtime without optimisation) give the same probabilities within 1e-5, and writes
/// the file atomically. Throws Error: bad_input for files that can't be read, failed if a check or
/// the disk fails; then nothing is written.
ImportResult import_model(const ImportModelOptions& options);

}  // namespace vitrine::app
