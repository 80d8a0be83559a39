#include "interop/keras/operator_layers.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "interop/keras/layer_options.h"

namespace vitrine::interop {
namespace {

Json window(const WindowOptions& options) {
  return {{"padding", options.same ? "same" : "valid"},
          {"strides", {options.strides[0], options.strides[1]}},
          {"dilation_rate", {options.dilations[0], options.dilations[1]}},
          {"pool_size", {options.size[0], options.size[1]}}};
}

}  // namespace

LayerValue OperatorLayers::write(KerasLayer one, std::vector<LayerValue> values,
                                 const KerasLayer::Call& call) {
  return writer_.write(one, call, std::move(values));
}

LayerValue OperatorLayers::convolution(LayerValue value, Hdf5Array kernel, bool depthwise,
                                       const Hdf5Array* bias, const WindowOptions& options) {
  if (kernel.shape.size() != 4 || !value.is_image()) fail("it has weights of an unknown shape");
  KerasLayer made = layer(depthwise ? "DepthwiseConv2D" : "Conv2D", window(options));
  // Of groups, the kernel has fewer inputs.
  const std::int64_t channels = value.shape[2], inputs = kernel.shape[2];
  if (!depthwise && inputs > 0 && channels % inputs == 0) made.config["groups"] = channels / inputs;
  made.config["use_bias"] = bias != nullptr;
  made.weights = {hold(std::move(kernel))};
  if (bias != nullptr) made.weights.push_back(hold(*bias));
  return write(std::move(made), {std::move(value)});
}

LayerValue OperatorLayers::dense(LayerValue value, Hdf5Array kernel, const Hdf5Array* bias) {
  if (value.is_image() && value.shape[0] == 1 && value.shape[1] == 1)
    value = write(layer("Flatten", Json::object()), {std::move(value)});
  KerasLayer made = layer("Dense", {{"use_bias", bias != nullptr}});
  made.weights = {hold(std::move(kernel))};
  if (bias != nullptr) made.weights.push_back(hold(*bias));
  return write(std::move(made), {std::move(value)});
}

LayerValue OperatorLayers::batch_normalization(LayerValue value, const Hdf5Array& gamma,
                                               const Hdf5Array& beta, const Hdf5Array& mean,
                                               const Hdf5Array& variance, float epsilon) {
  KerasLayer made = layer("BatchNormalization", {{"axis", -1}, {"epsilon", epsilon}});
  for (const Hdf5Array* one : {&gamma, &beta, &mean, &variance}) made.weights.push_back(hold(*one));
  return write(std::move(made), {std::move(value)});
}

LayerValue OperatorLayers::pool(LayerValue value, bool max, const WindowOptions& options) {
  return write(layer(max ? "MaxPooling2D" : "AveragePooling2D", window(options)),
               {std::move(value)});
}

LayerValue OperatorLayers::reduction(LayerValue value, bool max, std::vector<std::int64_t> axes,
                                     bool keep_dimensions) {
  for (auto& axis : axes) axis += axis < 0 ? 4 : 0;
  std::ranges::sort(axes);
  if (axes != std::vector<std::int64_t>{1, 2})
    fail("it reduces other axes than height and width ('" + shown(name_) + "')");
  return write(
      layer(max ? "GlobalMaxPooling2D" : "GlobalAveragePooling2D", {{"keepdims", keep_dimensions}}),
      {std::move(value)});
}

LayerValue OperatorLayers::activation(LayerValue value, const char* function) {
  return write(layer("Activation", {{"activation", function}}), {std::move(value)});
}

LayerValue OperatorLayers::leaky_relu(LayerValue value, float slope) {
  return write(layer("LeakyReLU", {{"negative_slope", slope}}), {std::move(value)});
}

LayerValue OperatorLayers::prelu(LayerValue value, Hdf5Array slopes) {
  if (slopes.shape.size() == 1 && value.is_image()) slopes.shape = {1, 1, slopes.shape[0]};
  KerasLayer made = layer("PReLU", Json::object());
  made.weights = {hold(std::move(slopes))};
  return write(std::move(made), {std::move(value)});
}

LayerValue OperatorLayers::of_two(std::string_view function, LayerValue first, LayerValue second) {
  static const std::map<std::string_view, const char*> kLayers = {{"add", "Add"},
                                                                  {"subtract", "Subtract"},
                                                                  {"multiply", "Multiply"},
                                                                  {"maximum", "Maximum"},
                                                                  {"minimum", "Minimum"}};
  const auto found = kLayers.find(function);
  if (found == kLayers.end()) fail("it divides one tensor by another");
  return write(layer(found->second, {{"trainable", true}}), {std::move(first), std::move(second)});
}

LayerValue OperatorLayers::of_constant(std::string_view function, LayerValue value,
                                       const std::vector<float>& constant, bool constant_first) {
  if (function == "maximum" || function == "minimum") {
    if (constant.size() != 1) fail("it compares a tensor with constants");
    if (function == "maximum" && constant[0] == 0) return activation(std::move(value), "relu");
    if (function == "minimum" && value.not_negative && constant[0] > 0)
      return write(layer("ReLU", {{"max_value", constant[0]}}), {std::move(value)});
    fail("it compares a tensor with a constant");
  }
  KerasLayer::Call call{.tensors = {}, .arguments = {Json{{"tensor", 0}}, Json(constant)}};
  if (constant_first) std::swap(call.arguments[0], call.arguments[1]);
  return write(layer("TFOpLambda", {{"function", function}}), {std::move(value)}, call);
}

LayerValue OperatorLayers::concatenation(std::vector<LayerValue> values, std::int64_t axis) {
  if (values.empty()) fail("it joins no tensors");
  const auto rank = static_cast<std::int64_t>(values[0].shape.size());
  return write(layer("Concatenate", {{"axis", axis == rank ? -1 : axis}}), std::move(values));
}

LayerValue OperatorLayers::zero_padding(LayerValue value, const std::vector<std::int64_t>& pads) {
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[6] != 0 || pads[7] != 0)
    fail("it pads other axes than height and width");
  return write(layer("ZeroPadding2D", {{"padding", {{pads[2], pads[3]}, {pads[4], pads[5]}}}}),
               {std::move(value)});
}

LayerValue OperatorLayers::reshape(LayerValue value, const std::vector<std::int64_t>& target) {
  return write(layer("Reshape", {{"target_shape", target}}), {std::move(value)});
}

LayerValue OperatorLayers::resize_bilinear(LayerValue value, std::int64_t height,
                                           std::int64_t width) {
  return write(
      layer("Resizing", {{"height", height}, {"width", width}, {"interpolation", "bilinear"}}),
      {std::move(value)});
}

Hdf5Array transposed(const Hdf5Array& array, const std::vector<std::size_t>& from) {
  if (array.shape.size() != from.size()) fail("it has weights of an unknown shape");
  Hdf5Array out;
  Shape strides(from.size(), 1);
  for (std::size_t k = strides.size() - 1; k > 0; --k) strides[k - 1] = strides[k] * array.shape[k];
  for (const std::size_t k : from) out.shape.push_back(array.shape[k]);
  out.values.resize(array.values.size());
  Shape at(from.size(), 0);
  for (float& number : out.values) {
    std::int64_t place = 0;
    for (std::size_t k = 0; k < from.size(); ++k) place += at[k] * strides[from[k]];
    number = array.values[static_cast<std::size_t>(place)];
    for (std::size_t k = from.size(); k-- > 0;) {
      if (++at[k] < out.shape[k]) break;
      at[k] = 0;
    }
  }
  return out;
}

}  // namespace vitrine::interop
