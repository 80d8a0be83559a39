// The ONNX operators in libtorch, one function each.
#pragma once

#include <onnx/onnx_pb.h>
#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace vitrine {

/// From a node's inputs (undefined where left out) to its outputs.
using TorchOperator =
    std::function<std::vector<torch::Tensor>(const std::vector<torch::Tensor>&, bool training)>;

/// The node as a function; empty for an operator that is not known. `opset` is the
/// version of the graph's operators.
TorchOperator torch_operator(const onnx::NodeProto& node, std::int64_t opset);

/// A tensor of the file as one of libtorch's; halves become floats.
torch::Tensor to_torch(const onnx::TensorProto& tensor);

/// Writes a float tensor over `tensor`'s data, in `tensor`'s own type and shape.
void store(const torch::Tensor& value, onnx::TensorProto& tensor);

}  // namespace vitrine
