// Imports linear models of scikit-learn from pickles.
#pragma once

#include <memory>
#include <vector>

#include "interop/imported_model.h"
#include "interop/sklearn/pickle.h"

namespace vitrine::interop {

/// Finds one DictVectorizer, the scalers after it and one linear classifier in the pickles (at the
/// top, in tuples, lists, dictionaries or Pipelines) and builds one model from them. Every column
/// is optional, as for DictVectorizer. Throws Error(bad_input) for parts that are missing, twice
/// there or contradictory, or that the model format can't express.
ImportedModel import_sklearn(const std::vector<std::unique_ptr<Pickle>>& pickles,
                             const ImportOptions& options);

}  // namespace vitrine::interop
