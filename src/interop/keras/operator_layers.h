// Operators of TensorFlow as layers of Keras, for files that hold a graph of operators.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "interop/keras/layer_writer.h"

namespace vitrine::interop {

/// Options of convolutions and pools: height, then width.
struct WindowOptions {
  bool same = false;  ///< padding SAME, else VALID
  std::array<std::int64_t, 2> strides{1, 1};
  std::array<std::int64_t, 2> dilations{1, 1};
  std::array<std::int64_t, 2> size{1, 1};  ///< of pools
};

/// Writes operators by a LayerWriter. Arrays have the order of Keras. Throws std::invalid_argument
/// for what can't be written. Not thread-safe.
class OperatorLayers {
 public:
  explicit OperatorLayers(LayerWriter& writer) : writer_(writer) {}

  /// The name of the operator that is written next, for errors and nodes.
  void begin(std::string name) { name_ = std::move(name); }

  LayerValue convolution(LayerValue value, Hdf5Array kernel, bool depthwise, const Hdf5Array* bias,
                         const WindowOptions& options);
  /// `kernel` is [inputs, outputs]. Of an image of one pixel, the pixel is taken.
  LayerValue dense(LayerValue value, Hdf5Array kernel, const Hdf5Array* bias);
  /// Each array has one number for each channel.
  LayerValue batch_normalization(LayerValue value, const Hdf5Array& gamma, const Hdf5Array& beta,
                                 const Hdf5Array& mean, const Hdf5Array& variance, float epsilon);
  LayerValue pool(LayerValue value, bool max, const WindowOptions& options);
  /// The mean or the maximum over these axes, which must be height and width; 0 is the batch.
  LayerValue reduction(LayerValue value, bool max, std::vector<std::int64_t> axes,
                       bool keep_dimensions);
  /// `function` is an activation of Keras: "relu".
  LayerValue activation(LayerValue value, const char* function);
  LayerValue leaky_relu(LayerValue value, float slope);
  LayerValue prelu(LayerValue value, Hdf5Array slopes);
  /// `function` is "add", "subtract", "multiply", "divide", "maximum" or "minimum"; the last two
  /// and a division are not for all operands.
  LayerValue of_two(std::string_view function, LayerValue first, LayerValue second);
  /// With one number, or one for each channel.
  LayerValue of_constant(std::string_view function, LayerValue value,
                         const std::vector<float>& constant, bool constant_first);
  /// `axis` counts the batch.
  LayerValue concatenation(std::vector<LayerValue> values, std::int64_t axis);
  /// Zeros before and behind each axis, from the batch on; only height and width may have some.
  LayerValue zero_padding(LayerValue value, const std::vector<std::int64_t>& pads);
  /// Without the batch; one size may be -1.
  LayerValue reshape(LayerValue value, const std::vector<std::int64_t>& target);
  /// With half pixel centres.
  LayerValue resize_bilinear(LayerValue value, std::int64_t height, std::int64_t width);

 private:
  LayerValue write(KerasLayer layer, std::vector<LayerValue> values,
                   const KerasLayer::Call& call = {});
  KerasLayer layer(const char* kind, Json config) const {
    return {.kind = kind, .name = name_, .config = std::move(config)};
  }
  const Hdf5Array* hold(Hdf5Array array) {
    return held_.emplace_back(std::make_unique<Hdf5Array>(std::move(array))).get();
  }

  LayerWriter& writer_;
  std::string name_;
  std::vector<std::unique_ptr<Hdf5Array>> held_;  ///< weights of layers
};

/// The array with its dimensions in another order: from[k] is the one that becomes dimension k.
/// Throws std::invalid_argument if it has another number of dimensions.
Hdf5Array transposed(const Hdf5Array& array, const std::vector<std::size_t>& from);

}  // namespace vitrine::interop
