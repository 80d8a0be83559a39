// A pre-trained image classifier, as any ONNX file, made into a function from
// RGB pixels to features: its preprocessing put in front, its last layer cut off.
#pragma once

#include <onnx/onnx_pb.h>

#include <array>
#include <string>
#include <vector>

namespace vitrine {

/// What a network was trained with: channel = pixel * scale + shift, pixels 0 to
/// 255, in the order red, green, blue.
struct Normalisation {
  std::string name;
  std::array<float, 3> scale{};
  std::array<float, 3> shift{};
  bool bgr = false;  ///< the network takes blue first
};

/// imagenet, half (-1 to 1), unit (0 to 1), raw (0 to 255), caffe (BGR less means).
const std::vector<Normalisation>& known_normalisations();

/// A classifier's graph that was understood. Plain data.
struct Backbone {
  onnx::ModelProto model;  ///< up to the features, names prefixed `B.`
  std::string input;       ///< the tensor that takes the picture
  int width = 224;         ///< 224 x 224 where the graph does not fix it
  int height = 224;
  bool channels_last = false;
  onnx::TensorProto::DataType type = onnx::TensorProto::FLOAT;
  std::string cut;         ///< what the last layer took: the features
  std::string last_layer;  ///< its operator
};

/// Finds the picture's input (NCHW or NHWC, three channels, float, half or
/// uint8) and the last layer with weights (Gemm, MatMul, Conv and their quantized
/// forms) on the way back from the output. Tensors of a fixed batch of one get a
/// free batch. Throws Error(bad_model) that says what was looked for.
Backbone find_backbone(const onnx::ModelProto& model, const std::string& where);

/// The graph `image` uint8 [N, height, width, 3] -> `features` float [N, K]; maps
/// are averaged over their pixels.
onnx::ModelProto feature_graph(const Backbone& backbone, const Normalisation& normalisation);

/// The last layer of ours: logits = features * weights + bias.
struct SoftmaxHead {
  std::size_t features = 0;
  std::size_t classes = 0;
  std::vector<float> weights;  ///< [feature][class]
  std::vector<float> bias;     ///< [class]
  float temperature = 1;       ///< logits are divided by it (Guo et al. 2017)
};

/// The whole model: `image` -> `probabilities` float [N, classes].
onnx::ModelProto image_graph(onnx::ModelProto features, const SoftmaxHead& head);

/// Changes the temperature of what image_graph made.
void set_temperature(onnx::ModelProto& image_graph, float temperature);

}  // namespace vitrine
