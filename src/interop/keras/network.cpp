#include "interop/keras/network.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "interop/keras/layer_options.h"

namespace vitrine::interop {
namespace {

using Values = std::vector<LayerValue>;

constexpr int kLargestImage = 2048;

/// Follows the tensors through a model and the models in it.
class Walk {
 public:
  explicit Walk(LayerWriter& writer) : writer_(writer) {}

  Values model(const KerasLayer& model, Values inputs) {
    return model.sequential ? sequence(model, std::move(inputs)) : graph(model, std::move(inputs));
  }

 private:
  Values layer(const KerasLayer& one, const KerasLayer::Call& call, Values inputs) {
    if (one.is_model) return model(one, std::move(inputs));
    return {writer_.write(one, call, std::move(inputs))};
  }

  Values sequence(const KerasLayer& model, Values values) {
    if (values.size() != 1) fail("the model '" + shown(model.name) + "' has more than one input");
    for (const KerasLayer& one : model.layers) {
      if (values.size() != 1) fail("the layer '" + shown(one.name) + "' has more than one input");
      values = layer(one, {}, std::move(values));
    }
    return values;
  }

  Values graph(const KerasLayer& model, Values inputs) {
    std::map<std::pair<std::string, std::size_t>, Values> known;  // by layer and call
    if (inputs.size() != model.inputs.size())
      fail("the model '" + shown(model.name) + "' has more than one input");
    for (std::size_t i = 0; i < inputs.size(); ++i)
      known[{model.inputs[i].layer, model.inputs[i].call}] = {std::move(inputs[i])};
    const auto find = [&](const KerasLayer::Tensor& tensor) -> const LayerValue* {
      const auto found = known.find({tensor.layer, tensor.call});
      return found == known.end() || tensor.output >= found->second.size()
                 ? nullptr
                 : &found->second[tensor.output];
    };
    // Keras lists layers in the order of computation, apart from shared ones.
    for (bool more = true; more;) {
      more = false;
      for (const KerasLayer& one : model.layers) {
        for (std::size_t c = 0; c < one.calls.size(); ++c) {
          const auto place = std::pair{one.name, c + first_call(model, one)};
          if (known.contains(place)) continue;
          Values arguments;
          for (const auto& tensor : one.calls[c].tensors) {
            const LayerValue* value = find(tensor);
            if (value == nullptr) break;
            arguments.push_back(*value);
          }
          if (arguments.empty() || arguments.size() != one.calls[c].tensors.size()) continue;
          known[place] = layer(one, one.calls[c], std::move(arguments));
          more = true;
        }
      }
    }
    Values out;
    for (const auto& tensor : model.outputs) {
      const LayerValue* value = find(tensor);
      if (value == nullptr) fail("the layer '" + shown(tensor.layer) + "' can't be reached");
      out.push_back(*value);
    }
    return out;
  }

  /// The number of a layer's first call. Keras 2 counts the making of a model as its call 0, which
  /// is not in the file.
  static std::size_t first_call(const KerasLayer& model, const KerasLayer& layer) {
    if (!layer.is_model) return 0;
    const auto is_first = [&](const KerasLayer::Tensor& tensor) {
      return tensor.layer == layer.name && tensor.call == 0;
    };
    const bool used = std::ranges::any_of(model.layers, [&](const KerasLayer& other) {
      return std::ranges::any_of(other.calls, [&](const KerasLayer::Call& call) {
        return std::ranges::any_of(call.tensors, is_first);
      });
    });
    return used || std::ranges::any_of(model.outputs, is_first) ? 0 : 1;
  }

  LayerWriter& writer_;
};

/// The shape of the first input without the batch, from the option that has it; null if none has.
Json input_shape(const KerasLayer& model) {
  for (const char* name : {"batch_input_shape", "batch_shape"}) {
    if (const Json& shape = option(model.config, name); shape.is_array()) return shape;
  }
  const Json& build = option(model.config, "build_input_shape");
  for (const KerasLayer& one : model.layers) {
    const bool first =
        model.sequential || (!model.inputs.empty() && one.name == model.inputs[0].layer);
    if (!first) continue;
    const Json shape = input_shape(one);
    return shape.is_null() ? build : shape;
  }
  return build;
}

}  // namespace

KerasNetwork image_network(const std::vector<std::int64_t>& shape, const PhotoSize& size) {
  if (shape.size() != 4)
    fail("its input is not a photo: import reads models that take one photo of a fixed size");
  const std::int64_t channels = shape[3] < 1 ? 3 : shape[3];
  if (channels != 3 && channels != 1)
    fail("its input is not a photo: it has " + std::to_string(channels) + " channels");
  std::array<std::int64_t, 2> sides{shape[1], shape[2]};
  const std::array<int, 2> asked{size.height, size.width};
  for (const std::size_t i : {0, 1}) {
    if (asked[i] != 0 && sides[i] > 0 && asked[i] != sides[i])
      fail("its photos have " + std::to_string(shape[2]) + " x " + std::to_string(shape[1]) +
           " pixels, not those of --size");
    if (sides[i] < 1) sides[i] = asked[i];
    if (sides[i] < 1) fail("it takes photos of any size: say which with --size WIDTHxHEIGHT");
    if (sides[i] > kLargestImage) fail("its photos are larger than 2048 pixels");
  }
  return {.height = static_cast<int>(sides[0]),
          .width = static_cast<int>(sides[1]),
          .channels = static_cast<int>(channels)};
}

LayerValue photo_of(const KerasNetwork& network) {
  return {.shape = {network.height, network.width, network.channels},
          .pixels = PixelScale{},
          .photo = true};
}

void finish(KerasNetwork& out, LayerWriter& writer, LayerValue last) {
  if (last.shape.size() != 1) fail("its output is not one number for each class");
  if (last.planes) fail("it ends without a layer of classes");
  if (last.shape[0] < 1) fail("it has no classes");
  const std::string tensor = writer.tensor(last);
  out.ending = last.ending;
  out.outputs = last.shape[0];
  out.logits = last.ending == LayerValue::Ending::none ? tensor : last.logits;
  if (!writer.pixel_scale()) fail("its output does not depend on the photo");
  out.pixels = *writer.pixel_scale();
  out.scales_itself = writer.scales_photo();
}

KerasNetwork write_network(const KerasModel& model, const PhotoSize& size) {
  const Json described = input_shape(model.root);
  if (!described.is_array()) fail("it was never built: its input has no shape");
  Shape shape;
  for (const Json& side : described)
    shape.push_back(side.is_null() ? -1 : whole_number<std::int64_t>(side));
  KerasNetwork out = image_network(shape, size);
  LayerWriter writer(&out.graph, model.before_keras_3());
  Values outputs = Walk(writer).model(model.root, {photo_of(out)});
  if (outputs.size() != 1) fail("it has more than one output");
  finish(out, writer, std::move(outputs[0]));
  return out;
}

}  // namespace vitrine::interop
