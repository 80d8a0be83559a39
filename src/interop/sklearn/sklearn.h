// Imports linear models of scikit-learn from pickles.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interop/sklearn/pickle.h"
#include "model/card.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::interop {

struct ImportOptions {
  std::string target = "target";  ///< the name of the target column, which a pickle does not store
  /// Predict as this version of scikit-learn does ("1.3"); default: the version that saved the
  /// model. Versions before 1.5 read the default `multi_class` of newer files as multinomial and
  /// double the margin.
  std::optional<std::string> as_version;
};

struct ImportedModel {
  model::Card card;
  model::FeatureLayout layout;
  model::LinearModel classifier;
  std::vector<std::string> notes;  ///< for the user
};

/// Finds one DictVectorizer, the scalers after it and one linear classifier in the pickles (at the
/// top, in tuples, lists, dictionaries or Pipelines) and builds one model from them. Every column
/// is optional, as for DictVectorizer. Throws Error(bad_input) for parts that are missing, twice
/// there or contradictory, or that the model format can't express.
ImportedModel import_sklearn(const std::vector<std::unique_ptr<Pickle>>& pickles,
                             const ImportOptions& options);

}  // namespace vitrine::interop
