// An ONNX model without its large weights: these stay where they lie, in the bytes it was read
// from. Weights are nearly all of a network's file; whoever lays them out otherwise needs no copy.
#pragma once

#include <onnx/onnx_pb.h>

#include <string_view>

namespace vitrine {

/// Parses `bytes`. Initializers of the main graph with 4 KiB of raw data or more come without it:
/// `segment` says where in `bytes` it lies. False for what is no ONNX file.
bool read_outline(std::string_view bytes, onnx::ModelProto& model);

/// The tensor's raw data: its own, or what read_outline() left in `bytes`. Empty where that is not
/// within them.
std::string_view raw_data(const onnx::TensorProto& tensor, std::string_view bytes);

/// Whether the tensor has raw data, its own or left behind.
inline bool has_raw_data(const onnx::TensorProto& tensor) {
  return tensor.has_raw_data() || tensor.has_segment();
}

}  // namespace vitrine
