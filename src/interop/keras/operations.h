// Functions that Keras files hold as layers: of TensorFlow in Keras 2 (TFOpLambda), keras.ops in
// Keras 3.
#pragma once

#include <string>

#include "interop/keras/model_tree.h"

namespace vitrine::interop {

/// The name of the function, without its module: "truediv"; empty if the layer is none.
std::string function_of(const KerasLayer& layer);

}  // namespace vitrine::interop
