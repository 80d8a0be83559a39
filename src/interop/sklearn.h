// scikit-learn's models, read from pickles, as ours.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "interop/pickle.h"
#include "model/card.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine {

struct ImportOptions {
  std::string target = "target";  ///< what the answer is called; pickles don't say
  /// Answer as this version of scikit-learn would ("1.3"); default: the version
  /// that saved the model. Versions before 1.5 read newer files' default
  /// `multi_class` as multinomial and double the margin.
  std::optional<std::string> as_version;
};

struct ImportedModel {
  Card card;
  FeatureLayout layout;
  LinearModel classifier;
  std::vector<std::string> notes;  ///< for the user
};

/// Finds one DictVectorizer, scalers behind it and one linear classifier among
/// the pickles (alone, in tuples, lists, dictionaries or Pipelines) and joins
/// them. Every column may be missing, as for DictVectorizer. Throws
/// Error(bad_input) for parts that are missing, doubled, contradictory, or that
/// our model cannot express.
ImportedModel import_sklearn(const std::vector<std::unique_ptr<Pickle>>& pickles,
                             const ImportOptions& options);

}  // namespace vitrine
