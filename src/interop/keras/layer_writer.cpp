#include "interop/keras/layer_writer.h"

#include <algorithm>
#include <map>
#include <set>

#include "interop/keras/layer_options.h"
#include "interop/keras/layer_weights.h"
#include "interop/keras/operations.h"

namespace vitrine::interop {

std::int64_t size_of(const Shape& shape) {
  const auto count = number_count(shape, std::size_t{1} << 32);
  if (!count || *count == 0) fail("a tensor is empty or too large");
  return static_cast<std::int64_t>(*count);
}

std::vector<std::int64_t> places_of(const std::array<std::int64_t, 3>& planes) {
  const auto [height, width, channels] = planes;
  std::vector<std::int64_t> out;
  for (std::int64_t at = 0; at < height * width; ++at) {
    for (std::int64_t c = 0; c < channels; ++c) out.push_back(c * height * width + at);
  }
  return out;
}

namespace {

constexpr std::size_t kMostNumbers = std::size_t{512} << 20;
constexpr std::size_t kMostCalls = 20'000;
constexpr std::int64_t kMostValues = std::int64_t{1} << 28;

/// `values`, which are in Keras's order, in the order of the vector.
std::vector<double> in_order_of(const LayerValue& value, std::vector<double> values) {
  if (!value.planes || values.size() == 1) return values;
  const auto places = places_of(*value.planes);
  std::vector<double> out(values.size());
  for (std::size_t k = 0; k < values.size(); ++k)
    out[static_cast<std::size_t>(places[k])] = values[k];
  return out;
}

}  // namespace

std::string LayerWriter::unique(const std::string& name) {
  const std::string wanted = prefix_ + (name.empty() ? "" : "/" + name);
  const std::size_t before = used_[wanted]++;
  return before == 0 ? wanted : wanted + "." + std::to_string(before);
}

std::string LayerWriter::numbers(std::vector<float> values, const Shape& shape) {
  numbers_ += values.size();
  if (numbers_ > kMostNumbers) fail("its layers together have too many weights");
  return build_.constant(unique("weights"), values, shape);
}

std::string LayerWriter::tensor(LayerValue& value) {
  if (value.channel) fail("it takes one channel of the photo");
  if (value.pixels) {
    if (pixel_scale_ && *pixel_scale_ != *value.pixels) fail("its image is used with two scalings");
    pixel_scale_ = value.pixels;
    value.pixels.reset();
    value.name = kImage;
  }
  if (value.padded()) {
    const auto [top, left, bottom, right] = value.zeros;
    const Shape pads{0, 0, top, left, 0, 0, bottom, right};
    value.name =
        build_.node("Pad", unique("padded"), {value.name, build_.constant(unique("pads"), pads)})
            .output();
    value.zeros = {};
  }
  return value.name;
}

LayerValue LayerWriter::node(const char* type, const LayerValue& like,
                             const std::vector<std::string>& inputs) {
  return like_of(like, build_.node(type, unique(type), inputs));
}

LayerValue LayerWriter::like_of(const LayerValue& value, const onnx::Node& made) {
  return {.name = made.output(), .shape = value.shape, .planes = value.planes};
}

LayerValue LayerWriter::unary(const char* type, LayerValue value) {
  const std::string input = tensor(value);
  return node(type, value, {input});
}

LayerValue LayerWriter::clip(LayerValue value, std::optional<float> low,
                             std::optional<float> high) {
  const std::string input = tensor(value);
  std::vector<std::string> inputs{input, low ? scalar(*low) : ""};
  if (high) inputs.push_back(scalar(*high));
  LayerValue out = node("Clip", value, inputs);
  out.not_negative = low && *low >= 0;
  return out;
}

LayerValue LayerWriter::affine(LayerValue value, std::vector<double> scale,
                               std::vector<double> shift) {
  const std::int64_t channels = value.shape.empty() ? 0 : value.shape.back();
  for (const auto* list : {&scale, &shift}) {
    if (list->size() != 1 && static_cast<std::int64_t>(list->size()) != channels)
      fail("a scaling has another number of channels than its input");
  }
  if (value.pixels) {
    for (std::size_t c = 0; c < 3; ++c) {
      // The channel of the network that pixel channel c becomes.
      const std::size_t own = value.pixels->reversed ? 2 - c : c;
      const double factor = scale.size() == 1 ? scale[0] : scale[std::min(own, scale.size() - 1)];
      const double more = shift.size() == 1 ? shift[0] : shift[std::min(own, shift.size() - 1)];
      value.pixels->scale[c] *= factor;
      value.pixels->shift[c] = value.pixels->shift[c] * factor + more;
    }
    return value;
  }
  std::string at = tensor(value);
  const auto constant = [&](std::vector<double> list) {
    list = in_order_of(value, std::move(list));
    const auto count = static_cast<std::int64_t>(list.size());
    const Shape shape = value.is_image() ? Shape{1, count, 1, 1} : Shape{count};
    return numbers(floats(list), shape);
  };
  const auto all = [](const std::vector<double>& list, double one) {
    return std::ranges::all_of(list, [&](double x) { return x == one; });
  };
  const auto apply = [&](const char* type, std::vector<double> list) {
    const std::vector<std::string> inputs{at, constant(std::move(list))};
    at = build_.node(type, unique(type), inputs).output();
  };
  if (!all(scale, 1)) apply("Mul", scale);
  if (!all(shift, 0)) apply("Add", shift);
  return {.name = at, .shape = value.shape, .planes = value.planes, .photo = value.photo};
}

LayerValue LayerWriter::scaled(LayerValue value, std::vector<double> scale,
                               std::vector<double> shift) {
  if (value.photo) scales_photo_ = true;
  return affine(std::move(value), std::move(scale), std::move(shift));
}

LayerValue LayerWriter::keras_order(LayerValue value) {
  const std::string input = tensor(value);
  LayerValue out{.name = input, .shape = value.shape};
  if (value.is_image()) {
    out.name = build_.node("Transpose", unique("channels_last"), {input})
                   .set("perm", Shape{0, 2, 3, 1})
                   .output();
  } else if (value.planes) {
    out.name = build_
                   .node("Gather", unique("ordered"),
                         {input, build_.constant(unique("places"), places_of(*value.planes))})
                   .set("axis", std::int64_t{1})
                   .output();
  }
  return out;
}

LayerValue LayerWriter::from_keras_order(const std::string& name, std::vector<std::int64_t> shape) {
  LayerValue out{.name = name, .shape = std::move(shape)};
  if (out.is_image()) {
    out.name = build_.node("Transpose", unique("channels_first"), {name})
                   .set("perm", Shape{0, 3, 1, 2})
                   .output();
  }
  return out;
}

LayerValue LayerWriter::flattened(LayerValue value) {
  if (!value.is_image()) return value;
  const std::string input = tensor(value);
  LayerValue out{.name = build_.node("Flatten", unique("flat"), {input}).output(),
                 .shape = {size_of(value.shape)}};
  if (value.shape[0] * value.shape[1] > 1)
    out.planes = {value.shape[0], value.shape[1], value.shape[2]};
  out.not_negative = value.not_negative;
  return out;
}

LayerValue LayerWriter::binary(const char* type, LayerValue a, LayerValue b) {
  // One row, column or channel stands for all.
  bool compatible = a.shape.size() == b.shape.size() && !a.shape.empty();
  Shape shape = a.shape;
  for (std::size_t k = 0; compatible && k < shape.size(); ++k) {
    compatible = a.shape[k] == b.shape[k] || a.shape[k] == 1 || b.shape[k] == 1;
    shape[k] = std::max(a.shape[k], b.shape[k]);
  }
  if (!compatible) fail("two tensors of different shapes are combined");
  if (a.planes != b.planes) {
    a = keras_order(std::move(a));
    b = keras_order(std::move(b));
  }
  const std::string first = tensor(a), second = tensor(b);
  LayerValue out = node(type, a, {first, second});
  out.shape = shape;
  out.not_negative = a.not_negative && b.not_negative && std::string(type) != "Sub";
  return out;
}

LayerValue LayerWriter::binary(const std::string& type, LayerValue a,
                               const std::vector<double>& constant, bool first) {
  std::vector<double> values = constant;
  const auto each = [&](auto function) {
    for (double& x : values) x = function(x);
  };
  if (type == "Add") return affine(std::move(a), {1}, values);
  if (type == "Mul") return affine(std::move(a), values, {0});
  if (type == "Sub" && first) return affine(std::move(a), {-1}, values);
  if (type == "Sub") {
    each([](double x) { return -x; });
    return affine(std::move(a), {1}, values);
  }
  if (type != "Div" || first) fail("a number is combined with a tensor by '" + type + "'");
  each([](double x) { return 1 / x; });
  return affine(std::move(a), values, {0});
}

LayerValue LayerWriter::write(const KerasLayer& layer, const KerasLayer::Call& call,
                              Values tensors) {
  if (++written_ > kMostCalls) fail("its layers are called too often");
  LayerValue out = written(layer, call, std::move(tensors));
  if (size_of(out.shape) > kMostValues) unsupported(layer, "has too large an output");
  return out;
}

LayerValue LayerWriter::written(const KerasLayer& layer, const KerasLayer::Call& call,
                                Values tensors) {
  using Single = LayerValue (LayerWriter::*)(const KerasLayer&, LayerValue);
  using Several = LayerValue (LayerWriter::*)(const KerasLayer&, Values);
  static const std::map<std::string_view, Single> kSingle = {
      {"Dense", &LayerWriter::dense},
      {"Conv2D", &LayerWriter::convolution},
      {"DepthwiseConv2D", &LayerWriter::convolution},
      {"SeparableConv2D", &LayerWriter::separable},
      {"MaxPooling2D", &LayerWriter::pool},
      {"AveragePooling2D", &LayerWriter::pool},
      {"GlobalAveragePooling2D", &LayerWriter::global_pool},
      {"GlobalMaxPooling2D", &LayerWriter::global_pool},
      {"BatchNormalization", &LayerWriter::batch_normalization},
      {"LayerNormalization", &LayerWriter::layer_normalization},
      {"Normalization", &LayerWriter::normalization},
      {"Rescaling", &LayerWriter::rescaling},
      {"Resizing", &LayerWriter::resizing},
      {"UpSampling2D", &LayerWriter::up_sampling},
      {"ZeroPadding2D", &LayerWriter::zero_padding},
      {"Cropping2D", &LayerWriter::cropping},
      {"Flatten", &LayerWriter::flatten},
      {"Reshape", &LayerWriter::reshape},
      {"ReLU", &LayerWriter::relu},
      {"LeakyReLU", &LayerWriter::leaky_relu},
      {"PReLU", &LayerWriter::prelu},
      {"ELU", &LayerWriter::elu},
      {"Softmax", &LayerWriter::softmax},
      {"Activation", &LayerWriter::activation_layer},
      {"LayerScale", &LayerWriter::layer_scale},
  };
  static const std::map<std::string_view, Several> kSeveral = {
      {"Concatenate", &LayerWriter::concatenate}, {"Add", &LayerWriter::merge},
      {"Subtract", &LayerWriter::merge},          {"Multiply", &LayerWriter::merge},
      {"Average", &LayerWriter::merge},           {"Maximum", &LayerWriter::merge},
      {"Minimum", &LayerWriter::merge},           {"CustomScaleLayer", &LayerWriter::scaled_sum},
  };
  // They change nothing when the model predicts.
  static const std::set<std::string_view> kOnlyInTraining = {
      "Dropout",    "SpatialDropout2D",       "GaussianDropout", "GaussianNoise", "AlphaDropout",
      "InputLayer", "ActivityRegularization", "StochasticDepth", "AutoContrast"};
  prefix_ = layer.name.empty() ? layer.kind : layer.name;
  if (tensors.empty()) unsupported(layer, "has no input");
  const bool random = layer.kind.starts_with("Random") && layer.kind != "RandomFourierFeatures";
  if (layer.kind == "Lambda") {
    unsupported(layer, "holds code of Python, which is never run: replace it by a layer");
  }
  // keras.applications has layers of its own.
  constexpr std::string_view kOfApplications[] = {"LayerScale", "StochasticDepth",
                                                  "CustomScaleLayer"};
  if (!layer.built_in && !std::ranges::contains(kOfApplications, layer.kind)) {
    unsupported(layer, "is a class of your own, whose code is not in the file");
  }
  if (const std::string function = function_of(layer); !function.empty())
    return operation(function, layer, call, std::move(tensors));
  if (text(layer.config, "data_format") == "channels_first")
    unsupported(layer, "has its channels first");
  if (const auto several = kSeveral.find(layer.kind); several != kSeveral.end())
    return (this->*several->second)(layer, std::move(tensors));
  if (tensors.size() != 1) unsupported(layer, "has more than one input");
  if (kOnlyInTraining.contains(layer.kind) || random) return std::move(tensors[0]);
  const auto found = kSingle.find(layer.kind);
  if (found == kSingle.end()) unsupported(layer, "is of a kind that import does not read");
  if (layer.weights.size() != weight_roles(layer).size())
    unsupported(layer, "has another number of weights than it says");
  return (this->*found->second)(layer, std::move(tensors[0]));
}

}  // namespace vitrine::interop
