// Gives the layers of a Keras model their weights, by the rules of each file format.
#pragma once

#include "interop/keras/model_tree.h"

namespace vitrine::interop {

/// The names of a layer's weights, in the order of `layer.weights`; empty for layers without.
struct WeightRole {
  std::string name;  ///< "kernel"
  bool trainable = true;
};
std::vector<WeightRole> weight_roles(const KerasLayer& layer);

/// From `model_weights` of an .h5 file: a group for each layer of the root, whose attribute
/// `weight_names` lists arrays; those of a model as a layer are in one list. Throws
/// std::invalid_argument if the list does not fit.
void assign_h5_weights(KerasModel& model);

/// From the model.weights.h5 of a .keras file: a group for each layer, named by its class and a
/// number. Throws std::invalid_argument as above.
void assign_keras_weights(KerasModel& model);

}  // namespace vitrine::interop
