// Reads models of TensorFlow Lite (.tflite): FlatBuffers of the schema
// tensorflow/lite/schema/schema.fbs, version 3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "interop/keras/network.h"

namespace vitrine::interop {

/// By the file's identifier, "TFL3".
bool is_tflite(std::string_view bytes);

/// A model of one photo. Weights of 8 and 16 bits become floats; `notes` then says so. Throws
/// std::invalid_argument for what is damaged, is no classifier of photos or can't be written.
KerasNetwork write_tflite(std::string_view bytes, std::vector<std::string>& notes);

}  // namespace vitrine::interop
