// Parses an ONNX model without its large weights, which stay in the bytes of the file. Weights are
// nearly all of a network's file; an engine that converts their layout needs no other copy.
// All functions are thread-safe.
#pragma once

#include <onnx/onnx_pb.h>

#include <string_view>

namespace vitrine::onnx {

/// Parses `bytes`. Initializers of the main graph with 4 KiB of raw data or more are read without
/// it; their `segment` has its range in `bytes`. Returns false if `bytes` is not an ONNX file.
bool read_outline(std::string_view bytes, ::onnx::ModelProto& model);

/// The tensor's raw data: its own, or the range of `bytes` that read_outline() recorded. Empty if
/// the range is not within `bytes`. A view of `tensor` or `bytes`.
std::string_view raw_data(const ::onnx::TensorProto& tensor, std::string_view bytes);

/// True if the tensor has raw data, its own or in the file's bytes.
inline bool has_raw_data(const ::onnx::TensorProto& tensor) {
  return tensor.has_raw_data() || tensor.has_segment();
}

}  // namespace vitrine::onnx
