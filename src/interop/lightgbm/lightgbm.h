// LightGBM's models: the text of `save_model`, in a file or inside a pickle
// (gbdt_model_text.cpp and tree.h in its sources).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "interop/foreign_model.h"

namespace vitrine::interop {

struct LightGbmModel {
  ForeignTrees trees;
  std::vector<std::string> feature_names;
  std::size_t classes = 2;  ///< 0: a number
  ForeignNumber number;
};

/// Whether these are the first bytes of such a text.
bool is_lightgbm_text(std::string_view bytes);

/// Reads the trees of the first `most_rounds` rounds. Throws Error(bad_input) for a broken text,
/// and for what is not read: categorical splits, linear trees, objectives of its users.
LightGbmModel read_lightgbm(std::string_view text, std::size_t most_rounds,
                            const std::string& where);

/// The model of a file of its own: columns of numbers.
ImportedModel import_lightgbm(std::string_view bytes, const ImportOptions& options,
                              const std::string& where);

}  // namespace vitrine::interop
