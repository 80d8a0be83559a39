// Imports models of scikit-learn, XGBoost and LightGBM from pickles.
#pragma once

#include <memory>
#include <vector>

#include "interop/imported_model.h"
#include "interop/sklearn/pickle.h"

namespace vitrine::interop {

/// Finds one model in the pickles (at the top, in tuples, lists, dictionaries or Pipelines),
/// the DictVectorizer and the scalers before it, and builds one model from them. Without a
/// DictVectorizer, its columns are the names of the features it was fitted with. Every column is
/// optional. Throws Error(bad_input) for parts that are missing, twice there or contradictory, or
/// that the model format can't express.
ImportedModel import_sklearn(const std::vector<std::unique_ptr<Pickle>>& pickles,
                             const ImportOptions& options);

}  // namespace vitrine::interop
