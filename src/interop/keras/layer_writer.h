// Writes Keras layers as ONNX nodes. Images are [N, channels, height, width] in the graph, where
// Keras has [N, height, width, channels].
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interop/keras/model_tree.h"
#include "onnx/graph_builder.h"

namespace vitrine::interop {

/// The image as a function of each channel of the pixels (0 to 255): pixel * scale + shift.
struct PixelScale {
  std::array<double, 3> scale{1, 1, 1};
  std::array<double, 3> shift{0, 0, 0};
  bool reversed = false;  ///< the channels are blue, green, red
  bool operator==(const PixelScale&) const = default;
};

/// A tensor of the graph.
struct LayerValue {
  std::string name;
  std::vector<std::int64_t> shape;  ///< as in Keras, without the batch: {height, width, channels}
  /// A vector whose numbers are in the order of planes of this shape {height, width, channels}:
  /// that of the graph, not of Keras.
  std::optional<std::array<std::int64_t, 3>> planes;
  /// Zeros around the planes that no node has added yet: top, left, bottom, right. `shape` has
  /// them.
  std::array<std::int64_t, 4> zeros{};
  bool not_negative = false;
  std::optional<PixelScale> pixels;    ///< the image; it has no node yet
  bool photo = false;                  ///< the image, perhaps scaled, resized or cut
  std::optional<std::size_t> channel;  ///< only this channel of `pixels`
  /// The last step was a softmax or a sigmoid of this tensor.
  enum class Ending { none, softmax, sigmoid } ending = Ending::none;
  std::string logits;

  bool is_image() const { return shape.size() == 3; }
  bool padded() const { return zeros != std::array<std::int64_t, 4>{}; }
};

/// Places of a vector in Keras's order: [k] is the place in the order of planes of this shape
/// {height, width, channels}.
std::vector<std::int64_t> places_of(const std::array<std::int64_t, 3>& planes);

/// How many numbers a tensor has. Throws std::invalid_argument above 2^32.
std::int64_t size_of(const std::vector<std::int64_t>& shape);

/// All functions throw std::invalid_argument for what can't be written. Not thread-safe.
class LayerWriter {
 public:
  /// `version_2`: the functions are those of Keras before version 3.
  LayerWriter(::onnx::GraphProto* graph, bool version_2) : build_(graph), version_2_(version_2) {}

  /// The output of a call of a layer that is no model. `tensors` are those of the call.
  LayerValue write(const KerasLayer& layer, const KerasLayer::Call& call,
                   std::vector<LayerValue> tensors);

  /// The name of a tensor for the value, in the graph's order. The first use of pixels decides how
  /// the image is scaled.
  std::string tensor(LayerValue& value);
  /// The image's tensor, and how its pixels are scaled; nullopt if it was not used.
  static constexpr const char* kImage = "image_scaled";
  const std::optional<PixelScale>& pixel_scale() const { return pixel_scale_; }
  /// A layer for this scaled the photo, not only a batch normalization.
  bool scales_photo() const { return scales_photo_; }

 private:
  using Values = std::vector<LayerValue>;

  LayerValue written(const KerasLayer& layer, const KerasLayer::Call& call, Values tensors);

  // Layers.
  LayerValue dense(const KerasLayer& layer, LayerValue value);
  LayerValue convolution(const KerasLayer& layer, LayerValue value);
  LayerValue separable(const KerasLayer& layer, LayerValue value);
  LayerValue pool(const KerasLayer& layer, LayerValue value);
  LayerValue global_pool(const KerasLayer& layer, LayerValue value);
  LayerValue batch_normalization(const KerasLayer& layer, LayerValue value);
  LayerValue layer_normalization(const KerasLayer& layer, LayerValue value);
  LayerValue normalization(const KerasLayer& layer, LayerValue value);
  LayerValue rescaling(const KerasLayer& layer, LayerValue value);
  LayerValue resizing(const KerasLayer& layer, LayerValue value);
  LayerValue up_sampling(const KerasLayer& layer, LayerValue value);
  LayerValue zero_padding(const KerasLayer& layer, LayerValue value);
  LayerValue cropping(const KerasLayer& layer, LayerValue value);
  LayerValue flatten(const KerasLayer& layer, LayerValue value);
  LayerValue reshape(const KerasLayer& layer, LayerValue value);
  LayerValue relu(const KerasLayer& layer, LayerValue value);
  LayerValue leaky_relu(const KerasLayer& layer, LayerValue value);
  LayerValue prelu(const KerasLayer& layer, LayerValue value);
  LayerValue elu(const KerasLayer& layer, LayerValue value);
  LayerValue softmax(const KerasLayer& layer, LayerValue value);
  LayerValue activation_layer(const KerasLayer& layer, LayerValue value);
  LayerValue layer_scale(const KerasLayer& layer, LayerValue value);
  LayerValue concatenate(const KerasLayer& layer, Values values);
  LayerValue merge(const KerasLayer& layer, Values values);
  LayerValue scaled_sum(const KerasLayer& layer, Values values);

  // Functions that are called as layers: of TensorFlow (Keras 2), keras.ops (Keras 3).
  LayerValue operation(const std::string& function, const KerasLayer& layer,
                       const KerasLayer::Call& call, Values tensors);
  static LayerValue part(const KerasLayer& layer, const KerasLayer::Call& call, LayerValue value);
  LayerValue resize(const KerasLayer& layer, const KerasLayer::Call& call, LayerValue value);
  LayerValue mean(const KerasLayer& layer, const KerasLayer::Call& call, LayerValue value);
  static LayerValue stack(const KerasLayer& layer, Values channels);

  // Parts of these.
  LayerValue conv(const KerasLayer& layer, LayerValue value, const Hdf5Array& kernel,
                  bool depthwise, const Hdf5Array* bias, bool pointwise = false);
  LayerValue activation(const Json& function, LayerValue value);
  LayerValue named_activation(const std::string& name, LayerValue value);
  /// affine() by a layer for this.
  LayerValue scaled(LayerValue value, std::vector<double> scale, std::vector<double> shift);
  /// value * scale + shift; both have one number or one for each channel (or number of a vector).
  LayerValue affine(LayerValue value, std::vector<double> scale, std::vector<double> shift);
  LayerValue binary(const char* type, LayerValue a, LayerValue b);
  LayerValue binary(const std::string& type, LayerValue a, const std::vector<double>& constant,
                    bool constant_first);
  LayerValue unary(const char* type, LayerValue value);
  LayerValue leaky(LayerValue value, float slope);
  LayerValue clip(LayerValue value, std::optional<float> low, std::optional<float> high);
  LayerValue flattened(LayerValue value);
  /// A vector in Keras's order, or an image as [N, height, width, channels].
  LayerValue keras_order(LayerValue value);
  LayerValue from_keras_order(const std::string& name, std::vector<std::int64_t> shape);

  std::string unique(const std::string& name);
  std::string numbers(std::vector<float> values, const std::vector<std::int64_t>& shape);
  std::string scalar(float value) { return numbers({value}, {}); }
  LayerValue node(const char* type, const LayerValue& like, const std::vector<std::string>& inputs);
  static LayerValue like_of(const LayerValue& value, const onnx::Node& made);

  onnx::GraphBuilder build_;
  bool version_2_;
  std::string prefix_;  ///< of the names: the layer that is written
  std::map<std::string, std::size_t> used_;
  std::optional<PixelScale> pixel_scale_;
  bool scales_photo_ = false;
  std::size_t written_ = 0, numbers_ = 0;
};

}  // namespace vitrine::interop
