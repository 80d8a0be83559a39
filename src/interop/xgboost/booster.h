// XGBoost's models: the JSON of `save_model`, as text or as UBJSON, in a file or inside a pickle
// (xgboost.readthedocs.io/en/stable/tutorials/saving_model.html).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "interop/foreign_model.h"

namespace vitrine::interop {

struct Booster {
  ForeignTrees trees;
  std::vector<std::string> feature_names;  ///< empty if the file has none
  std::size_t features = 0;
  std::size_t classes = 2;  ///< 0: a number
  ForeignNumber number;
  std::string version;  ///< "3.2.0"; may be empty
};

/// Whether these are the first bytes of such a model.
bool is_booster(std::string_view bytes);

/// Who predicts: after early stopping, XGBoost's scikit-learn classes use the trees up to the best
/// iteration, a Booster uses all of them.
enum class BoosterUse { sklearn, booster, file };

/// Throws Error(bad_input) for a broken file, or a booster that does not consist of trees with one
/// output each. `use` file: that of the class that saved it.
Booster read_booster(std::string_view bytes, const std::string& where, BoosterUse use);

/// The columns of a booster that stands alone: numbers with its names, else f0, f1, ... Throws
/// Error(bad_input) if the names are not as many as its features, or there are too many of them.
ForeignTable booster_columns(const Booster& booster, const std::string& where);

/// The model of a file of its own: columns of numbers.
ImportedModel import_booster(std::string_view bytes, const ImportOptions& options,
                             const std::string& where);

}  // namespace vitrine::interop
