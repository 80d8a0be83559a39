// An ONNX graph rebuilt in libtorch, so that it can be trained.
#pragma once

#include <onnx/onnx_pb.h>
#include <torch/types.h>

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace vitrine {

/// Runs the operators of image classifiers (ResNet, MobileNet, SqueezeNet, ShuffleNet,
/// RegNet, EfficientNet, DenseNet, Inception, Xception, ConvNeXt) with autograd.
/// Weights of half precision are trained as floats. Not thread-safe.
class TorchGraph {
 public:
  /// A weight that training may change. Its place is 0 at the picture, 1 at the output.
  struct Parameter {
    std::string name;
    torch::Tensor value;
    double place = 0;
  };

  /// `output` names the value that forward() answers; `where` the file, in errors.
  /// Throws Error(bad_model) that names an operator it does not know.
  TorchGraph(onnx::ModelProto model, std::string output, const std::string& where);

  /// `image`: what the graph's only input takes. In training, batch normalisation
  /// uses and moves its statistics, and dropout drops.
  torch::Tensor forward(const torch::Tensor& image, bool training);

  std::vector<Parameter>& parameters() { return parameters_; }
  /// Means and variances of batch normalisation: moved, not learned.
  std::vector<Parameter>& statistics() { return statistics_; }

  /// Weights of smaller places are learned no more, their statistics stand still.
  void freeze_below(double place);

  void move_to(const torch::Device& device);

  /// The ONNX graph with the weights as they are now.
  onnx::ModelProto model() const;

 private:
  using Values = std::vector<torch::Tensor>;
  using Operation = std::function<void(Values&, bool training)>;

  std::size_t slot(const std::string& name);
  void read_weights();
  void find_parameters();
  void compile();

  onnx::ModelProto model_;
  std::string where_;
  std::unordered_map<std::string, std::size_t> slots_;
  Values constants_;  ///< by slot; undefined where a value is computed
  std::vector<Parameter> parameters_;
  std::vector<Parameter> statistics_;
  std::vector<Operation> operations_;
  std::vector<std::vector<std::size_t>> last_uses_;  ///< slots to forget after each operation
  double frozen_below_ = 0;
  std::size_t input_ = 0;
  std::size_t output_ = 0;
};

}  // namespace vitrine
