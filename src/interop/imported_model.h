// What the readers of other programs' model files take and give.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/card.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::interop {

struct ImportOptions {
  std::string target = "target";  ///< the name of the target column, which model files rarely store
  /// Pickles: predict as this version of scikit-learn does ("1.3"); default: the version that saved
  /// the model. Versions before 1.5 read the default `multi_class` of newer files as multinomial
  /// and double the margin.
  std::optional<std::string> as_version;
};

struct ImportedModel {
  model::Card card;
  model::FeatureLayout layout;
  model::Classifier classifier;
  std::vector<std::string> notes;  ///< for the user
};

}  // namespace vitrine::interop
