#include "model/residual_network.h"

#include <cmath>

#include "base/random.h"
#include "onnx/graph_builder.h"

namespace vitrine::model {
namespace {

/// Builds the graph layer by layer. Functions take and return names of values.
class Builder {
 public:
  Builder(::onnx::GraphProto* graph, std::uint64_t seed) : build_(graph), random_(seed) {}

  /// Convolution without bias, batch normalisation.
  std::string layer(const std::string& name, const std::string& from, std::int64_t in,
                    std::int64_t out, std::int64_t kernel, std::int64_t stride,
                    float first_scale = 1) {
    const std::int64_t pad = kernel / 2;
    std::vector<float> weights(static_cast<std::size_t>(out * in * kernel * kernel));
    const double deviation = std::sqrt(2.0 / static_cast<double>(out * kernel * kernel));
    for (float& one : weights) one = static_cast<float>(deviation * random_.normal());
    const auto conv =
        build_
            .node("Conv", name + ".conv",
                  {from, build_.constant(name + ".weight", weights, {out, in, kernel, kernel})})
            .set("kernel_shape", std::vector<std::int64_t>{kernel, kernel})
            .set("strides", std::vector<std::int64_t>{stride, stride})
            .set("pads", std::vector<std::int64_t>{pad, pad, pad, pad})
            .output();
    const auto n = static_cast<std::size_t>(out);
    return build_
        .node("BatchNormalization", name + ".norm",
              {conv, build_.constant(name + ".scale", std::vector<float>(n, first_scale)),
               build_.constant(name + ".shift", std::vector<float>(n, 0)),
               build_.constant(name + ".mean", std::vector<float>(n, 0)),
               build_.constant(name + ".variance", std::vector<float>(n, 1))})
        .output();
  }

  std::string relu(const std::string& name, const std::string& from) {
    return build_.node("Relu", name, {from}).output();
  }

  /// Two layers and a shortcut. The scale of the second layer starts at 0, so that a block is the
  /// identity at first (Goyal et al. 2017).
  std::string block(const std::string& name, const std::string& from, std::int64_t in,
                    std::int64_t out, std::int64_t stride) {
    const auto first = relu(name + ".1.relu", layer(name + ".1", from, in, out, 3, stride));
    const auto second = layer(name + ".2", first, out, out, 3, 1, 0);
    const auto around =
        stride == 1 && in == out ? from : layer(name + ".around", from, in, out, 1, stride);
    return relu(name + ".relu", build_.node("Add", name + ".sum", {second, around}).output());
  }

  std::string average(const std::string& from) {
    return build_.node("GlobalAveragePool", "B.average", {from}).output();
  }

 private:
  onnx::GraphBuilder build_;
  Random random_;
};

}  // namespace

Backbone residual_network(int side, std::uint64_t seed) {
  Backbone out;
  out.model.set_ir_version(8);
  out.model.add_opset_import()->set_version(13);
  out.input = "B.picture";
  out.width = out.height = side;
  out.last_layer = "none";
  Builder build(out.model.mutable_graph(), seed);
  std::int64_t channels = 16;
  auto at = build.relu("B.stem.relu",
                       build.layer("B.stem", out.input, 3, channels, 3, side >= 48 ? 2 : 1));
  const int stages = side >= 24 ? 4 : 3;
  for (int stage = 0; stage < stages; ++stage) {
    const std::int64_t wider = std::int64_t{16} << stage;
    const std::string name = "B.stage" + std::to_string(stage + 1);
    at = build.block(std::string(name).append(".a"), at, channels, wider, stage == 0 ? 1 : 2);
    at = build.block(std::string(name).append(".b"), at, wider, wider, 1);
    channels = wider;
  }
  out.cut = build.average(at);
  return out;
}

}  // namespace vitrine::model
