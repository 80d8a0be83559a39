// Reads SavedModels of TensorFlow 2: the graph of the serving signature, and the variables of its
// checkpoint. Nothing of it runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "interop/keras/network.h"

namespace vitrine::interop {

/// The files of a SavedModel's folder.
struct SavedModelFiles {
  std::string_view graph;  ///< saved_model.pb
  std::string_view index;  ///< variables/variables.index
  std::string_view data;   ///< variables/variables.data-00000-of-00001
};

/// A model of one photo. `size`: of photos, where the model takes any. Throws std::invalid_argument
/// for what is damaged, is no classifier of photos or can't be written. `version` becomes
/// TensorFlow's.
KerasNetwork write_saved_model(const SavedModelFiles& files, const PhotoSize& size,
                               std::string& version);

}  // namespace vitrine::interop
