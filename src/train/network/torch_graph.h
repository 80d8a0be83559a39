// Runs an ONNX graph in libtorch, so that it can be trained.
#pragma once

#include <onnx/onnx_pb.h>
#include <torch/types.h>

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace vitrine::train {

/// Runs the operators of image classifiers (ResNet, MobileNet, SqueezeNet, ShuffleNet, RegNet,
/// EfficientNet, DenseNet, Inception, Xception, ConvNeXt) with autograd. Weights in fp16 are
/// trained as floats. Not thread-safe.
class TorchGraph {
 public:
  /// A weight or statistic. Its place is the position of its operator in the graph, from 0 (input)
  /// to 1 (output).
  struct Parameter {
    std::string name;
    torch::Tensor value;
    double place = 0;
  };

  /// `output` names the value that forward() returns; `where` names the file in errors. Throws
  /// Error(bad_model) that names an unsupported operator.
  TorchGraph(::onnx::ModelProto model, std::string output, const std::string& where);

  /// Runs the graph on its only input. In training, batch normalisation uses the statistics of the
  /// batch and updates the moving averages, and dropout is active. Throws Error(bad_model) if
  /// libtorch can't run the graph.
  torch::Tensor forward(const torch::Tensor& image, bool training);

  std::vector<Parameter>& parameters() { return parameters_; }
  /// The moving means and variances of batch normalisation, which have no gradient.
  std::vector<Parameter>& statistics() { return statistics_; }

  /// Freezes weights and statistics with smaller places, and removes them from the lists above.
  void freeze_below(double place);

  void move_to(const torch::Device& device);

  /// The ONNX graph with the current weights.
  ::onnx::ModelProto model() const;

 private:
  using Values = std::vector<torch::Tensor>;
  using Operation = std::function<void(Values&, bool training)>;

  std::size_t slot(const std::string& name);
  void read_weights();
  void find_parameters();
  void compile();

  ::onnx::ModelProto model_;
  std::string where_;
  std::unordered_map<std::string, std::size_t> slots_;
  Values constants_;  ///< by slot; undefined for computed values
  std::vector<Parameter> parameters_;
  std::vector<Parameter> statistics_;
  std::vector<Operation> operations_;
  std::vector<std::vector<std::size_t>> last_uses_;  ///< slots to free after each operation
  double frozen_below_ = 0;
  std::size_t input_ = 0;
  std::size_t output_ = 0;
};

}  // namespace vitrine::train
