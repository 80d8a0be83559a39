// The layers of Keras with weights, and those that change shapes.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "interop/keras/layer_options.h"
#include "interop/keras/layer_writer.h"
#include "onnx/graph_view.h"

namespace vitrine::interop {
namespace {

constexpr std::int64_t kMostChannels = 1 << 20;

void check_shape(const KerasLayer& layer, const Hdf5Array& array, const Shape& wanted) {
  if (array.shape != wanted) unsupported(layer, "has weights of another shape than it says");
}

}  // namespace

LayerValue LayerWriter::dense(const KerasLayer& layer, LayerValue value) {
  const auto& kernel = *layer.weights.at(0);
  const Hdf5Array* bias = layer.weights.size() > 1 ? layer.weights[1] : nullptr;
  if (value.shape.empty() || kernel.shape.size() != 2 || kernel.shape[0] != value.shape.back())
    unsupported(layer, "has weights of another shape than its input");
  const std::int64_t in = kernel.shape[0], out_size = kernel.shape[1];
  if (bias != nullptr) check_shape(layer, *bias, {out_size});
  if (value.is_image()) {  // of each pixel
    Hdf5Array filter{.shape = {1, 1, in, out_size}, .values = kernel.values};
    KerasLayer plain{.kind = layer.kind, .name = layer.name, .config = Json::object()};
    return activation(option(layer.config, "activation"),
                      conv(plain, std::move(value), filter, false, bias));
  }
  if (value.shape.size() != 1) unsupported(layer, "reads a sequence, which photos are not");
  const std::string input = tensor(value);
  std::vector<float> weights = kernel.values;
  if (value.planes) {
    const auto places = places_of(*value.planes);
    const auto row = [&](std::int64_t k) { return static_cast<std::ptrdiff_t>(k * out_size); };
    for (std::int64_t k = 0; k < in; ++k) {
      std::copy_n(kernel.values.begin() + row(k), out_size,
                  weights.begin() + row(places[static_cast<std::size_t>(k)]));
    }
  }
  std::vector<std::string> inputs{input, numbers(std::move(weights), {in, out_size})};
  if (bias != nullptr) inputs.push_back(numbers(bias->values, {out_size}));
  LayerValue out{.name = build_.node("Gemm", unique("logits"), inputs).output(),
                 .shape = {out_size}};
  return activation(option(layer.config, "activation"), std::move(out));
}

LayerValue LayerWriter::conv(const KerasLayer& layer, LayerValue value, const Hdf5Array& kernel,
                             bool depthwise, const Hdf5Array* bias, bool pointwise) {
  if (!value.is_image() || kernel.shape.size() != 4)
    unsupported(layer, "has weights or an input that are no images");
  const std::int64_t high = kernel.shape[0], wide = kernel.shape[1];
  const std::int64_t in = kernel.shape[2], last = kernel.shape[3];
  const std::int64_t channels = value.shape[2];
  const auto groups =
      depthwise ? in : whole_number<std::int64_t>(layer.config.value("groups", Json(1)));
  const std::int64_t filters = depthwise ? in * last : last;
  if (groups < 1 || high < 1 || wide < 1 || in < 1 || channels != (depthwise ? in : in * groups) ||
      filters % groups != 0 || filters < 1 || filters > kMostChannels)
    unsupported(layer, "has weights of another shape than its input");
  if (bias != nullptr) check_shape(layer, *bias, {filters});
  // To [filters, inputs of a group, height, width].
  const std::int64_t a_group = depthwise ? 1 : in;
  std::vector<float> weights(kernel.values.size());
  for (std::int64_t y = 0; y < high * wide; ++y) {
    for (std::int64_t i = 0; i < in; ++i) {
      for (std::int64_t o = 0; o < last; ++o) {
        const std::int64_t filter = depthwise ? i * last + o : o;
        const std::int64_t input = depthwise ? 0 : i;
        weights[static_cast<std::size_t>((filter * a_group + input) * high * wide + y)] =
            kernel.values[static_cast<std::size_t>((y * in + i) * last + o)];
      }
    }
  }
  std::array<std::int64_t, 2> stride{1, 1}, dilation{1, 1};
  if (!pointwise) {
    stride = pair(layer, "strides", 1);
    dilation = pair(layer, "dilation_rate", 1);
  }
  const std::string padding = pointwise ? "valid" : lower_ascii(text(layer.config, "padding"));
  std::array<std::int64_t, 4> pads = value.zeros;  // zeros around the image are those of a node Pad
  value.zeros = {};
  Shape size{value.shape[0], value.shape[1]};
  const std::array<std::int64_t, 2> kernel_size{high, wide};
  for (const std::size_t axis : {0, 1}) {
    if (padding == "same") {
      const auto [begin, end] =
          onnx::same_padding(size[axis], kernel_size[axis], stride[axis], dilation[axis], true);
      pads[axis] += begin;
      pads[axis + 2] += end;
      size[axis] = (size[axis] + stride[axis] - 1) / stride[axis];
    } else {
      const std::int64_t reach = (kernel_size[axis] - 1) * dilation[axis] + 1;
      if (size[axis] < reach) unsupported(layer, "is larger than its input");
      size[axis] = (size[axis] - reach) / stride[axis] + 1;
    }
  }
  const std::string input = tensor(value);
  std::vector<std::string> inputs{input,
                                  numbers(std::move(weights), {filters, a_group, high, wide})};
  if (bias != nullptr) inputs.push_back(numbers(bias->values, {filters}));
  onnx::Node made = build_.node("Conv", unique("conv"), inputs);
  made.set("kernel_shape", Shape{high, wide})
      .set("strides", Shape{stride[0], stride[1]})
      .set("dilations", Shape{dilation[0], dilation[1]})
      .set("group", groups)
      .set("pads", Shape(pads.begin(), pads.end()));
  return {.name = made.output(), .shape = {size[0], size[1], filters}};
}

LayerValue LayerWriter::convolution(const KerasLayer& layer, LayerValue value) {
  const bool depthwise = layer.kind == "DepthwiseConv2D";
  const Hdf5Array* bias = layer.weights.size() > 1 ? layer.weights[1] : nullptr;
  return activation(option(layer.config, "activation"),
                    conv(layer, std::move(value), *layer.weights.at(0), depthwise, bias));
}

LayerValue LayerWriter::separable(const KerasLayer& layer, LayerValue value) {
  const Hdf5Array* bias = layer.weights.size() > 2 ? layer.weights[2] : nullptr;
  LayerValue depth = conv(layer, std::move(value), *layer.weights.at(0), true, nullptr);
  return activation(option(layer.config, "activation"),
                    conv(layer, std::move(depth), *layer.weights.at(1), false, bias, true));
}

LayerValue LayerWriter::pool(const KerasLayer& layer, LayerValue value) {
  if (!value.is_image()) unsupported(layer, "reads no image");
  const bool max = layer.kind == "MaxPooling2D";
  const auto kernel = pair(layer, "pool_size", 2);
  const auto stride =
      option(layer.config, "strides").is_null() ? kernel : pair(layer, "strides", 2);
  const bool same = lower_ascii(text(layer.config, "padding")) == "same";
  std::array<std::int64_t, 4> pads{};
  // The zeros around an image without negative numbers are never more than its maximum.
  const bool take_zeros =
      max && value.not_negative && value.padded() && !same &&
      std::ranges::all_of(value.zeros, [&](auto x) { return x < kernel[0] && x < kernel[1]; });
  if (take_zeros) std::swap(pads, value.zeros);
  const std::string input = tensor(value);
  Shape size{value.shape[0], value.shape[1]};
  for (const std::size_t axis : {0, 1}) {
    if (same) {
      std::tie(pads[axis], pads[axis + 2]) =
          onnx::same_padding(size[axis], kernel[axis], stride[axis], 1, true);
      size[axis] = (size[axis] + stride[axis] - 1) / stride[axis];
    } else {
      if (size[axis] < kernel[axis]) unsupported(layer, "is larger than its input");
      size[axis] = (size[axis] - kernel[axis]) / stride[axis] + 1;
    }
  }
  onnx::Node made = build_.node(max ? "MaxPool" : "AveragePool", unique("pool"), {input});
  made.set("kernel_shape", Shape{kernel[0], kernel[1]})
      .set("strides", Shape{stride[0], stride[1]})
      .set("pads", Shape(pads.begin(), pads.end()));
  return {.name = made.output(),
          .shape = {size[0], size[1], value.shape[2]},
          .not_negative = value.not_negative};
}

LayerValue LayerWriter::global_pool(const KerasLayer& layer, LayerValue value) {
  if (!value.is_image()) unsupported(layer, "reads no image");
  const bool max = layer.kind == "GlobalMaxPooling2D";
  const std::string input = tensor(value);
  LayerValue out{
      .name = build_.node(max ? "GlobalMaxPool" : "GlobalAveragePool", unique("pool"), {input})
                  .output(),
      .shape = {1, 1, value.shape[2]},
      .not_negative = value.not_negative};
  return flag(layer.config, "keepdims", false) ? out : flattened(std::move(out));
}

LayerValue LayerWriter::batch_normalization(const KerasLayer& layer, LayerValue value) {
  const Json& axis = option(layer.config, "axis");
  const Json place = axis.is_array() && axis.size() == 1 ? axis[0] : axis;
  const auto rank = static_cast<std::int64_t>(value.shape.size());
  if (place.is_number_integer() && place != -1 && place != rank)
    unsupported(layer, "normalises another axis than the last");
  const std::size_t channels = static_cast<std::size_t>(value.shape.back());
  std::vector<double> gamma(channels, 1), beta(channels, 0), mean, variance;
  std::size_t next = 0;
  const auto take = [&] {
    check_shape(layer, *layer.weights[next], {value.shape.back()});
    return doubles(*layer.weights[next++]);
  };
  if (flag(layer.config, "scale", true)) gamma = take();
  if (flag(layer.config, "center", true)) beta = take();
  mean = take();
  variance = take();
  const double epsilon = number(layer.config, "epsilon", 1e-3);
  for (std::size_t c = 0; c < channels; ++c) {
    gamma[c] /= std::sqrt(variance[c] + epsilon);
    beta[c] -= mean[c] * gamma[c];
  }
  if (!value.is_image() || value.pixels) return affine(std::move(value), gamma, beta);
  const std::string input = tensor(value);
  const Shape shape{value.shape.back()};
  // One node, which engines merge into the convolution before it.
  const std::vector<std::string> inputs{input, numbers(floats(gamma), shape),
                                        numbers(floats(beta), shape),
                                        numbers(std::vector<float>(channels, 0), shape),
                                        numbers(std::vector<float>(channels, 1), shape)};
  return like_of(
      value, build_.node("BatchNormalization", unique("normalised"), inputs).set("epsilon", 0.0F));
}

LayerValue LayerWriter::layer_normalization(const KerasLayer& layer, LayerValue value) {
  const Json& axis = option(layer.config, "axis");
  const Json place = axis.is_array() && axis.size() == 1 ? axis[0] : axis;
  if (place.is_number_integer() && place != -1 && place != value.shape.size())
    unsupported(layer, "normalises another axis than the last");
  const Shape shape{value.shape.back()};
  const auto channels = static_cast<std::size_t>(value.shape.back());
  std::vector<float> gamma(channels, 1), beta(channels, 0);
  std::size_t next = 0;
  for (auto [name, values] : {std::pair{"scale", &gamma}, std::pair{"center", &beta}}) {
    if (!flag(layer.config, name, true)) continue;
    check_shape(layer, *layer.weights[next], shape);
    *values = layer.weights[next++]->values;
  }
  const LayerValue last = keras_order(value);  // the node normalises the last axis
  const auto epsilon = static_cast<float>(number(layer.config, "epsilon", 1e-3));
  const std::string out =
      build_
          .node("LayerNormalization", unique("normalised"),
                {last.name, numbers(std::move(gamma), shape), numbers(std::move(beta), shape)})
          .set("axis", std::int64_t{-1})
          .set("epsilon", epsilon)
          .output();
  return from_keras_order(out, value.shape);
}

LayerValue LayerWriter::normalization(const KerasLayer& layer, LayerValue value) {
  std::vector<double> mean = constants(option(layer.config, "mean"));
  std::vector<double> variance = constants(option(layer.config, "variance"));
  if (mean.empty() && layer.weights.size() == 3) {
    mean = doubles(*layer.weights[0]);
    variance = doubles(*layer.weights[1]);
  }
  if (mean.empty() || mean.size() != variance.size()) unsupported(layer, "was not adapted to data");
  if (flag(layer.config, "invert", false)) unsupported(layer, "is inverted");
  std::vector<double> scale, shift;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    scale.push_back(1 / std::max(std::sqrt(variance[c]), 1e-7));
    shift.push_back(-mean[c] * scale[c]);
  }
  return scaled(std::move(value), scale, shift);
}

LayerValue LayerWriter::rescaling(const KerasLayer& layer, LayerValue value) {
  std::vector<double> scale = constants(option(layer.config, "scale"));
  std::vector<double> offset = constants(option(layer.config, "offset"));
  if (scale.empty()) unsupported(layer, "has no scale");
  if (offset.empty()) offset = {0};
  return scaled(std::move(value), scale, offset);
}

LayerValue LayerWriter::resizing(const KerasLayer& layer, LayerValue value) {
  if (!value.is_image()) unsupported(layer, "reads no image");
  const std::int64_t height = pair(layer, "height", 0)[0], width = pair(layer, "width", 0)[0];
  if (value.shape[0] == height && value.shape[1] == width) return value;
  if (flag(layer.config, "crop_to_aspect_ratio", false) ||
      flag(layer.config, "pad_to_aspect_ratio", false) || flag(layer.config, "antialias", false))
    unsupported(layer, "crops, pads or has antialiasing");
  const std::string how = text(layer.config, "interpolation");
  if (!how.empty() && how != "bilinear" && how != "nearest")
    unsupported(layer, "has the interpolation '" + how + "'");
  const std::string input = tensor(value);
  const Shape size{1, value.shape[2], height, width};
  const std::vector<float> scales{1, 1,
                                  static_cast<float>(height) / static_cast<float>(value.shape[0]),
                                  static_cast<float>(width) / static_cast<float>(value.shape[1])};
  onnx::Node made = build_.node("Resize", unique("resized"), {input, "", numbers(scales, {4})});
  made.set("mode", how == "nearest" ? "nearest" : "linear")
      .set("coordinate_transformation_mode", "half_pixel");
  if (how == "nearest") made.set("nearest_mode", "round_prefer_ceil");
  return {.name = made.output(), .shape = {height, width, value.shape[2]}, .photo = value.photo};
}

LayerValue LayerWriter::up_sampling(const KerasLayer& layer, LayerValue value) {
  if (!value.is_image()) unsupported(layer, "reads no image");
  const auto [rows, columns] = pair(layer, "size", 2);
  KerasLayer larger{.kind = "Resizing", .name = layer.name, .config = layer.config};
  larger.config["height"] = value.shape[0] * rows;
  larger.config["width"] = value.shape[1] * columns;
  return resizing(larger, std::move(value));
}

LayerValue LayerWriter::zero_padding(const KerasLayer& layer, LayerValue value) {
  if (!value.is_image()) unsupported(layer, "reads no image");
  if (value.pixels) tensor(value);  // zeros of the scaled image
  const auto more = sides(layer, "padding");
  for (std::size_t side = 0; side < 4; ++side) value.zeros[side] += more[side];
  value.shape[0] += more[0] + more[2];
  value.shape[1] += more[1] + more[3];
  return value;
}

LayerValue LayerWriter::cropping(const KerasLayer& layer, LayerValue value) {
  if (!value.is_image()) unsupported(layer, "reads no image");
  const auto cut = sides(layer, "cropping");
  const std::string input = tensor(value);
  const Shape starts{cut[0], cut[1]};
  const Shape ends{value.shape[0] - cut[2], value.shape[1] - cut[3]};
  if (ends[0] <= starts[0] || ends[1] <= starts[1]) unsupported(layer, "leaves nothing");
  const std::string out = build_
                              .node("Slice", unique("cropped"),
                                    {input, build_.constant(unique("starts"), starts),
                                     build_.constant(unique("ends"), ends),
                                     build_.constant(unique("axes"), Shape{2, 3})})
                              .output();
  return {.name = out,
          .shape = {ends[0] - starts[0], ends[1] - starts[1], value.shape[2]},
          .not_negative = value.not_negative};
}

LayerValue LayerWriter::flatten(const KerasLayer&, LayerValue value) {
  return flattened(std::move(value));
}

LayerValue LayerWriter::reshape(const KerasLayer& layer, LayerValue value) {
  Shape wanted;
  for (const Json& one : option(layer.config, "target_shape"))
    wanted.push_back(whole_number<std::int64_t>(one));
  const std::int64_t all = size_of(value.shape);
  std::int64_t known = 1;
  for (const auto side : wanted) known *= side > 0 && known <= all ? side : 1;
  for (auto& side : wanted) side = side == -1 && known > 0 ? all / known : side;
  if (wanted.empty() || size_of(wanted) != all || (wanted.size() != 1 && wanted.size() != 3))
    unsupported(layer, "has a target shape that is neither a vector nor an image");
  if (wanted == value.shape) return value;
  if (wanted.size() == 1) return flattened(std::move(value));
  if (value.shape.size() == 1 && !value.planes && wanted[0] == 1 && wanted[1] == 1) {
    const std::string input = tensor(value);
    const Shape target{0, wanted[2], 1, 1};
    return {.name = build_
                        .node("Reshape", unique("image"),
                              {input, build_.constant(unique("shape"), target)})
                        .output(),
            .shape = wanted,
            .not_negative = value.not_negative};
  }
  const LayerValue ordered = keras_order(std::move(value));
  const Shape target{0, wanted[0], wanted[1], wanted[2]};
  const std::string flat = ordered.shape.size() == 1
                               ? ordered.name
                               : build_.node("Flatten", unique("flat"), {ordered.name}).output();
  const std::string out =
      build_.node("Reshape", unique("reshaped"), {flat, build_.constant(unique("shape"), target)})
          .output();
  return from_keras_order(out, wanted);
}

LayerValue LayerWriter::layer_scale(const KerasLayer& layer, LayerValue value) {
  check_shape(layer, *layer.weights[0], {value.shape.back()});
  return affine(std::move(value), doubles(*layer.weights[0]), {0});
}

LayerValue LayerWriter::concatenate(const KerasLayer& layer, Values values) {
  const Json& axis = option(layer.config, "axis");
  if (axis.is_number_integer() && axis != -1 && axis != values[0].shape.size())
    unsupported(layer, "joins another axis than the last");
  LayerValue out{.shape = values[0].shape, .not_negative = true};
  out.shape.back() = 0;
  std::vector<std::string> inputs;
  for (LayerValue& value : values) {
    if (value.planes) value = keras_order(std::move(value));
    Shape like = value.shape;
    if (like.size() != out.shape.size()) unsupported(layer, "joins tensors of different shapes");
    const std::int64_t channels = std::exchange(like.back(), out.shape.back());
    if (like != out.shape) unsupported(layer, "joins tensors of different shapes");
    out.shape.back() += channels;
    out.not_negative = out.not_negative && value.not_negative;
    inputs.push_back(tensor(value));
  }
  out.name = build_.node("Concat", unique("joined"), inputs).set("axis", std::int64_t{1}).output();
  return out;
}

LayerValue LayerWriter::scaled_sum(const KerasLayer& layer, Values values) {
  if (values.size() != 2) unsupported(layer, "has a number of inputs that is not 2");
  return binary("Add", values[0], affine(values[1], {number(layer.config, "scale", 1)}, {0}));
}

LayerValue LayerWriter::merge(const KerasLayer& layer, Values values) {
  static const std::map<std::string_view, const char*> kOperators = {
      {"Add", "Add"},     {"Subtract", "Sub"}, {"Multiply", "Mul"},
      {"Average", "Add"}, {"Maximum", "Max"},  {"Minimum", "Min"}};
  LayerValue out = values[0];
  for (std::size_t i = 1; i < values.size(); ++i)
    out = binary(kOperators.at(layer.kind), std::move(out), values[i]);
  if (layer.kind == "Average")
    out = affine(std::move(out), {1 / static_cast<double>(values.size())}, {0});
  return out;
}

}  // namespace vitrine::interop
