// Implements ONNX operators with libtorch.
#pragma once

#include <onnx/onnx_pb.h>
#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace vitrine::train {

/// Computes a node's outputs from its inputs; omitted inputs are undefined tensors.
using TorchOperator =
    std::function<std::vector<torch::Tensor>(const std::vector<torch::Tensor>&, bool training)>;

/// The function of a node; empty for an unsupported operator. `opset` is the version of the graph's
/// operators. Throws Error(bad_model) for an unsupported type.
TorchOperator torch_operator(const ::onnx::NodeProto& node, std::int64_t opset);

/// Converts a tensor of the file; fp16 becomes float. Throws Error(bad_model).
torch::Tensor to_torch(const ::onnx::TensorProto& tensor);

/// Replaces the data of `tensor` by `value`, converted to its floating-point type.
void store(const torch::Tensor& value, ::onnx::TensorProto& tensor);

}  // namespace vitrine::train
