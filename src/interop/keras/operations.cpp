#include "interop/keras/operations.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "interop/keras/layer_options.h"
#include "interop/keras/layer_writer.h"

namespace vitrine::interop {
namespace {

/// Operations of Keras 3, which have other names.
const std::map<std::string_view, std::string_view> kKeras3 = {{"TrueDivide", "truediv"},
                                                              {"Divide", "truediv"},
                                                              {"Subtract", "subtract"},
                                                              {"Add", "add"},
                                                              {"Multiply", "multiply"},
                                                              {"Cast", "cast"},
                                                              {"Relu", "relu"},
                                                              {"Relu6", "relu6"},
                                                              {"Softmax", "softmax"},
                                                              {"Sigmoid", "sigmoid"},
                                                              {"Silu", "silu"},
                                                              {"Tanh", "tanh"},
                                                              {"GetItem", "getitem"},
                                                              {"Gelu", "gelu"},
                                                              {"HardSigmoid", "hard_sigmoid"},
                                                              {"HardSilu", "hard_silu"},
                                                              {"Stack", "stack"},
                                                              {"Resize", "resize"},
                                                              {"Mean", "mean"}};

/// The operators of ONNX for two operands.
const std::map<std::string_view, const char*> kBinary = {
    {"truediv", "Div"},  {"divide", "Div"},   {"div", "Div"},
    {"subtract", "Sub"}, {"sub", "Sub"},      {"add", "Add"},
    {"bias_add", "Add"}, {"multiply", "Mul"}, {"mul", "Mul"}};

}  // namespace

std::string function_of(const KerasLayer& layer) {
  if (layer.kind == "TFOpLambda" || layer.kind == "SlicingOpLambda") {
    const std::string name = text(layer.config, "function");
    return name.substr(name.rfind('.') + 1);
  }
  if (layer.kind.starts_with("TensorFlowOpLayer")) return "TensorFlowOpLayer";
  // Layers of Keras have these names too, but options beside their name.
  const auto found = kKeras3.find(layer.kind);
  const bool is_layer = layer.config.is_object() && layer.config.contains("trainable");
  return found == kKeras3.end() || is_layer ? std::string() : std::string(found->second);
}

/// x[..., ::-1] or x[..., 2] of the photo.
LayerValue LayerWriter::part(const KerasLayer& layer, const KerasLayer::Call& call,
                             LayerValue value) {
  if (!value.pixels || value.channel) unsupported(layer, "takes a part of a tensor");
  const auto& places = call.arguments;
  if (places.size() == 3 && places[1].is_object() && places[2].is_number_integer()) {
    const auto channel = whole_number<std::int64_t>(places[2]);
    if (channel < 0 || channel > 2 || value.shape[2] != 3) unsupported(layer, "takes no channel");
    value.channel = static_cast<std::size_t>(channel);
    return value;
  }
  const std::string reversed = call.named.dump();
  if (!reversed.contains("\"step\":-1")) unsupported(layer, "takes a part of a tensor");
  value.pixels->reversed = !value.pixels->reversed;
  return value;
}

/// Channels of the photo, joined again: in the same order, or reversed.
LayerValue LayerWriter::stack(const KerasLayer& layer, Values channels) {
  LayerValue out = channels[0];
  const std::size_t first = channels.size() == 3 ? out.channel.value_or(1) : 1;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const bool fits = channels[i].pixels == out.pixels && out.pixels &&
                      channels[i].channel == (first == 0 ? i : 2 - i);
    if (first == 1 || !fits) unsupported(layer, "joins tensors in a new dimension");
  }
  if (first == 2) out.pixels->reversed = !out.pixels->reversed;
  out.channel.reset();
  return out;
}

/// tf.image.resize and keras.ops.image.resize.
LayerValue LayerWriter::resize(const KerasLayer& layer, const KerasLayer::Call& call,
                               LayerValue value) {
  KerasLayer same{.kind = "Resizing", .name = layer.name, .config = layer.config};
  for (const auto& [name, argument] : call.named.items()) same.config[name] = argument;
  if (call.arguments.size() > 1) same.config["size"] = call.arguments[1];
  if (const Json& method = option(same.config, "method"); method.is_string())
    same.config["interpolation"] = method;
  const auto [height, width] = pair(same, "size", 0);
  same.config["height"] = height;
  same.config["width"] = width;
  return resizing(same, std::move(value));
}

/// Over height and width.
LayerValue LayerWriter::mean(const KerasLayer& layer, const KerasLayer::Call& call,
                             LayerValue value) {
  KerasLayer same{.kind = "GlobalAveragePooling2D", .name = layer.name, .config = layer.config};
  for (const auto& [name, argument] : call.named.items()) same.config[name] = argument;
  if (call.arguments.size() > 1) same.config["axis"] = call.arguments[1];
  const auto axes = constants(option(same.config, "axis"));
  if (axes != std::vector<double>{1, 2} && axes != std::vector<double>{-3, -2})
    unsupported(layer, "is the mean over other axes than height and width");
  return global_pool(same, std::move(value));
}

LayerValue LayerWriter::operation(const std::string& function, const KerasLayer& layer,
                                  const KerasLayer::Call& call, Values tensors) {
  LayerValue& first = tensors[0];
  if (const auto two = kBinary.find(function); two != kBinary.end()) {
    std::vector<Json> operands = call.arguments;
    for (const char* name : {"y", "x2", "bias", "b"}) {
      if (call.named.contains(name)) operands.push_back(call.named[name]);
    }
    if (operands.size() != 2) unsupported(layer, "has a number of operands that is not 2");
    if (tensors.size() == 2) return binary(two->second, first, tensors[1]);
    const bool constant_first = !operands[0].is_object();
    const auto numbers = constants(operands[constant_first ? 0 : 1]);
    if (numbers.empty()) unsupported(layer, "has an operand that is no number");
    if (first.photo) scales_photo_ = true;
    return binary(std::string(two->second), first, numbers, constant_first);
  }
  if (function == "stack") return stack(layer, std::move(tensors));
  if (tensors.size() != 1) unsupported(layer, "has more than one input");
  if (function == "cast" || function == "identity" || function == "convert_to_tensor") return first;
  if (function == "resize") return resize(layer, call, std::move(first));
  if (function == "mean" || function == "reduce_mean") return mean(layer, call, std::move(first));
  if (function == "getitem") return part(layer, call, std::move(first));
  static constexpr const char* kActivations[] = {
      "relu", "relu6", "softmax", "sigmoid",  "silu",         "swish",    "tanh",
      "gelu", "elu",   "selu",    "softplus", "hard_sigmoid", "hard_silu"};
  if (std::ranges::contains(kActivations, function))
    return named_activation(function, std::move(first));
  unsupported(layer, "calls the function '" + shown(function) + "', which import does not read");
}

}  // namespace vitrine::interop
