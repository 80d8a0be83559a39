// Compares an imported model with its library on rows of the user: `import --check`.
#pragma once

#include <string>

#include "model/model_file.h"

namespace vitrine::app {

struct ImportCheck {
  std::string rows;         ///< a table of the model's columns, or a folder of photos, in the
                            ///< order of their paths
  std::string answers;      ///< what the library answered, in the same order; see check_answers()
  double tolerance = 1e-6;  ///< of probabilities and numbers; of numbers above 1 of their size
};

struct ImportCheckResult {
  std::size_t rows = 0;
  double largest = 0;  ///< difference of a probability or number; 0 for labels
};

/// The answers are a table with one column (numbers; labels; of two classes also the probability of
/// the second) or with one for each class, in the order of the classes: the probabilities, or their
/// logits if `logits`. The names of the columns are not read, and may be absent. Throws
/// Error(failed) with the first row that differs by more than the tolerance, or in its label;
/// Error(bad_input) if the tables can't be read or do not fit.
ImportCheckResult check_answers(const model::ModelFile& file, const ImportCheck& check,
                                bool logits = false);

}  // namespace vitrine::app
