// The activation functions of Keras, as functions of a layer and as layers.
#include <numbers>

#include "base/error.h"
#include "interop/keras/layer_options.h"
#include "interop/keras/layer_writer.h"

namespace vitrine::interop {

LayerValue LayerWriter::named_activation(const std::string& name, LayerValue value) {
  using Ending = LayerValue::Ending;
  const auto ending = [&](const char* type, Ending kind, auto options) {
    const std::string input = tensor(value);
    onnx::Node made = build_.node(type, unique(type), {input});
    options(made);
    LayerValue out = like_of(value, made);
    if (!value.is_image()) {
      out.ending = kind;
      out.logits = input;
    }
    out.not_negative = true;
    return out;
  };
  const auto times_gate = [&](LayerValue gate) {
    const std::string first = tensor(value), second = tensor(gate);
    return node("Mul", value, {first, second});
  };
  if (name == "linear" || name.empty()) return value;
  if (name == "softmax") {
    return ending("Softmax", Ending::softmax, [](onnx::Node& made) {
      made.set("axis", std::int64_t{1});  // the channels, in the graph
    });
  }
  if (name == "sigmoid") return ending("Sigmoid", Ending::sigmoid, [](onnx::Node&) {});
  if (name == "relu") {
    LayerValue out = unary("Relu", std::move(value));
    out.not_negative = true;
    return out;
  }
  if (name == "relu6") return clip(std::move(value), 0, 6);
  if (name == "tanh") return unary("Tanh", std::move(value));
  if (name == "exponential") return unary("Exp", std::move(value));
  if (name == "softplus") return unary("Softplus", std::move(value));
  if (name == "softsign") return unary("Softsign", std::move(value));
  if (name == "elu") return unary("Elu", std::move(value));
  if (name == "selu") return unary("Selu", std::move(value));
  if (name == "leaky_relu") {
    return leaky(std::move(value), 0.2F);
  }
  const auto hard_sigmoid = [&](LayerValue of) {
    const std::string input = tensor(of);
    // Keras 3 has relu6(x + 3) / 6, earlier versions 0.2 x + 0.5.
    return like_of(of, build_.node("HardSigmoid", unique("HardSigmoid"), {input})
                           .set("alpha", version_2_ ? 0.2F : 1 / 6.0F)
                           .set("beta", 0.5F));
  };
  if (name == "hard_sigmoid") return hard_sigmoid(std::move(value));
  if (name == "hard_silu" || name == "hard_swish") {
    tensor(value);
    return times_gate(hard_sigmoid(value));
  }
  if (name == "swish" || name == "silu") {
    tensor(value);
    return times_gate(unary("Sigmoid", value));
  }
  if (name == "mish") {
    tensor(value);
    return times_gate(unary("Tanh", unary("Softplus", value)));
  }
  if (name == "gelu") {  // x / 2 (1 + erf(x / sqrt 2))
    tensor(value);
    LayerValue erf = unary("Erf", affine(value, {1 / std::numbers::sqrt2}, {0}));
    return times_gate(affine(erf, {0.5}, {0.5}));
  }
  fail("the activation '" + shown(name) + "' is not known");
}

LayerValue LayerWriter::activation(const Json& function, LayerValue value) {
  if (function.is_null()) return value;
  if (function.is_string()) return named_activation(function.get<std::string>(), std::move(value));
  const std::string kind = text(function, "class_name");
  const Json& config = option(function, "config");
  if (kind == "function" && config.is_string())
    return named_activation(config.get<std::string>(), std::move(value));
  if (kind.empty() || !config.is_object()) fail("an activation is not known");
  if (kind == "Activation" || kind.contains("ReLU") || kind == "ELU" || kind == "Softmax") {
    return write(KerasLayer{.kind = kind, .name = kind, .config = config}, {}, {std::move(value)});
  }
  fail("the activation '" + shown(kind) + "' is not known");
}

LayerValue LayerWriter::leaky(LayerValue value, float slope) {
  const std::string input = tensor(value);
  return like_of(value, build_.node("LeakyRelu", unique("LeakyRelu"), {input}).set("alpha", slope));
}

LayerValue LayerWriter::relu(const KerasLayer& layer, LayerValue value) {
  const Json& most = option(layer.config, "max_value");
  const double slope = number(layer.config, "negative_slope", number(layer.config, "alpha", 0));
  if (number(layer.config, "threshold", 0) != 0) unsupported(layer, "has a threshold");
  if (slope != 0 && !most.is_null()) unsupported(layer, "has a slope and a maximum");
  if (slope != 0) return leaky(std::move(value), static_cast<float>(slope));
  if (most.is_number()) return clip(std::move(value), 0, most.get<float>());
  return named_activation("relu", std::move(value));
}

LayerValue LayerWriter::leaky_relu(const KerasLayer& layer, LayerValue value) {
  // Keras 3 calls it negative_slope. Both have the same default.
  const double slope = number(layer.config, "negative_slope", number(layer.config, "alpha", 0.3));
  return leaky(std::move(value), static_cast<float>(slope));
}

LayerValue LayerWriter::prelu(const KerasLayer& layer, LayerValue value) {
  const Hdf5Array& alpha = *layer.weights[0];
  std::string slopes;
  if (value.is_image()) {
    const bool shared = alpha.shape == Shape{1, 1, value.shape[2]};
    if (!shared && alpha.shape != value.shape) unsupported(layer, "has weights of another shape");
    const std::int64_t height = shared ? 1 : value.shape[0], width = shared ? 1 : value.shape[1];
    std::vector<float> planes(alpha.values.size());
    const auto places = places_of({height, width, value.shape[2]});
    for (std::size_t k = 0; k < planes.size(); ++k)
      planes[static_cast<std::size_t>(places[k])] = alpha.values[k];
    slopes = numbers(std::move(planes), {value.shape[2], height, width});
  } else {
    if (alpha.shape != value.shape) unsupported(layer, "has weights of another shape");
    value = keras_order(std::move(value));
    slopes = numbers(alpha.values, alpha.shape);
  }
  const std::string input = tensor(value);
  return node("PRelu", value, {input, slopes});
}

LayerValue LayerWriter::elu(const KerasLayer& layer, LayerValue value) {
  const std::string input = tensor(value);
  const auto alpha = static_cast<float>(number(layer.config, "alpha", 1));
  return like_of(value, build_.node("Elu", unique("Elu"), {input}).set("alpha", alpha));
}

LayerValue LayerWriter::softmax(const KerasLayer& layer, LayerValue value) {
  const Json& axis = option(layer.config, "axis");
  if (axis.is_number_integer() && axis != -1 && axis != value.shape.size())
    unsupported(layer, "has another axis than the last");
  return named_activation("softmax", std::move(value));
}

LayerValue LayerWriter::activation_layer(const KerasLayer& layer, LayerValue value) {
  return activation(option(layer.config, "activation"), std::move(value));
}

}  // namespace vitrine::interop
