// Turns a pre-trained image classifier (any ONNX file) into a graph from RGB pixels to features:
// adds the preprocessing and removes the last layer. All functions are thread-safe.
#pragma once

#include <onnx/onnx_pb.h>

#include <array>
#include <string>
#include <vector>

namespace vitrine::model {

/// The input scaling that a network was trained with: channel = pixel * scale + shift, for pixels
/// from 0 to 255 and channels in the order red, green, blue.
struct Normalisation {
  std::string name;
  std::array<float, 3> scale{};
  std::array<float, 3> shift{};
  bool bgr = false;   ///< the network's channels are blue, green, red
  bool grey = false;  ///< the network has one channel: shades of grey as Pillow computes them
};

/// imagenet, half (-1 to 1), unit (0 to 1), raw (0 to 255), caffe (BGR minus the means).
const std::vector<Normalisation>& known_normalisations();

/// The feature part of a classifier's graph. Plain data.
struct Backbone {
  ::onnx::ModelProto model;  ///< up to the features, names prefixed `B.`
  std::string input;         ///< the image's input tensor
  int width = 224;           ///< 224 x 224 if the graph does not fix the size
  int height = 224;
  bool channels_last = false;
  ::onnx::TensorProto::DataType type = ::onnx::TensorProto::FLOAT;
  std::string cut;         ///< the input of the last layer: the features
  std::string last_layer;  ///< its operator
};

/// Finds the image input (NCHW or NHWC, three channels, float, fp16 or uint8) and the last layer
/// with weights (Gemm, MatMul, Conv and their quantized forms), walking back from the output. A
/// fixed batch size of 1 becomes free. Throws Error(bad_model) with the reason if the graph does
/// not have this form.
Backbone find_backbone(const ::onnx::ModelProto& model, const std::string& where);

/// The graph `image` uint8 [N, height, width, 3] -> `features` float [N, K]. Feature maps are
/// averaged over their pixels.
::onnx::ModelProto feature_graph(const Backbone& backbone, const Normalisation& normalisation);

/// A classifier as it is: `image` -> `probabilities` float [N, classes]. The backbone's cut are its
/// logits, [N, outputs]. One output is that of the second of two classes.
::onnx::ModelProto classifier_graph(const Backbone& backbone, const Normalisation& normalisation,
                                    std::size_t outputs);

/// The new last layer: logits = features * weights + bias.
struct SoftmaxHead {
  std::size_t features = 0;
  std::size_t classes = 0;
  std::vector<float> weights;  ///< [feature][class]
  std::vector<float> bias;     ///< [class]
  float temperature = 1;       ///< logits are divided by it (Guo et al. 2017)
};

/// The complete model: `image` -> `probabilities` float [N, classes].
::onnx::ModelProto image_graph(::onnx::ModelProto features, const SoftmaxHead& head);

/// Changes the temperature of a graph made by image_graph().
void set_temperature(::onnx::ModelProto& image_graph, float temperature);

}  // namespace vitrine::model
