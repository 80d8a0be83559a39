#include "train/network/torch_graph.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/onnx_runtime.h"
#include "onnx/graph_builder.h"

namespace vitrine::train {
namespace {

/// Builds a graph `image` uint8 [N,12,12,3] -> `out` float [N,K].
class Graph {
 public:
  Graph() : build(model.mutable_graph()) {
    model.set_ir_version(8);
    model.add_opset_import()->set_version(13);
    model.mutable_graph()->set_name("test");
    build.input("image", ::onnx::TensorProto::UINT8, {"N", "12", "12", "3"});
    at = build.node("Cast", "float", {"image"}).set("to", std::int64_t{1}).output();
    at = build
             .node("Mul", "V.unit",
                   {at, build.constant("V.scale", std::vector<float>(3, 1 / 255.F))})
             .output();
    at = build.node("Transpose", "planes", {at})
             .set("perm", std::vector<std::int64_t>{0, 3, 1, 2})
             .output();
  }

  std::string weights(const std::string& name, const std::vector<std::int64_t>& shape,
                      float low = -0.5F, float high = 0.5F) {
    std::int64_t count = 1;
    for (const auto size : shape) count *= size;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (auto& one : values) one = low + (high - low) * static_cast<float>(random.uniform());
    build.constant(name, values, shape);
    return name;
  }

  void conv(const std::string& name, std::int64_t from, std::int64_t to, std::int64_t kernel,
            const std::vector<std::int64_t>& strides, const std::vector<std::int64_t>& pads,
            std::int64_t groups = 1) {
    at = build
             .node("Conv", name,
                   {at, weights(name + ".w", {to, from / groups, kernel, kernel}),
                    weights(name + ".b", {to})})
             .set("kernel_shape", std::vector<std::int64_t>{kernel, kernel})
             .set("strides", strides)
             .set("pads", pads)
             .set("group", groups)
             .output();
  }

  void batch_norm(std::int64_t channels) {
    at = build
             .node("BatchNormalization", "bn",
                   {at, weights("s", {channels}, 0.5, 1.5), weights("b", {channels}),
                    weights("m", {channels}), weights("v", {channels}, 0.5, 1.5)})
             .output();
  }

  void finish() {
    build.node("Flatten", "flat", {at}, "", {"out"}).set("axis", std::int64_t{1});
    build.output("out", ::onnx::TensorProto::FLOAT, {"N", "K"});
  }

  ::onnx::ModelProto model;
  onnx::GraphBuilder build;
  Random random{3};
  std::string at;
};

std::vector<std::uint8_t> some_pixels(std::size_t count) {
  Random random(5);
  std::vector<std::uint8_t> pixels(count * 12 * 12 * 3);
  for (auto& one : pixels) one = static_cast<std::uint8_t>(random.below(256));
  return pixels;
}

std::vector<float> by_torch(TorchGraph& graph, std::vector<std::uint8_t> pixels, std::int64_t count,
                            bool training) {
  const auto image = torch::from_blob(pixels.data(), {count, 12, 12, 3}, torch::kUInt8).clone();
  const torch::NoGradGuard no_gradients;
  const auto out = graph.forward(image, training).contiguous();
  return {out.data_ptr<float>(), out.data_ptr<float>() + out.numel()};
}

void expect_equal(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_NEAR(a[i], b[i], 1e-4 * (1 + std::abs(b[i]))) << "at " << i;
}

/// libtorch and ONNX Runtime compute the same values, also after weights were changed and written
/// back.
void expect_agreement(const ::onnx::ModelProto& model) {
  const auto pixels = some_pixels(3);
  TorchGraph graph(model, "out", "test");
  const auto reference = engine::open_runtime_network(model.SerializeAsString(), "out", "test");
  expect_equal(by_torch(graph, pixels, 3, false), reference->run(pixels, 3, 1));
  {
    const torch::NoGradGuard no_gradients;
    for (auto& one : graph.parameters()) one.value.mul_(1.1).add_(0.01);
  }
  const auto bytes = graph.model().SerializeAsString();
  const auto changed = engine::open_runtime_network(bytes, "out", "test");
  expect_equal(by_torch(graph, pixels, 3, false), changed->run(pixels, 3, 1));
}

TEST(TorchGraph, ConvolutionsAndPoolsAgreeWithOnnxRuntime) {
  Graph g;
  g.conv("strided", 3, 8, 3, {2, 2}, {0, 0, 1, 1});  // as TensorFlow pads
  g.at = g.build.node("Relu", "relu", {g.at}).output();
  g.conv("depthwise", 8, 8, 3, {1, 1}, {1, 1, 1, 1}, 8);
  g.at = g.build
             .node("Clip", "relu6",
                   {g.at, g.build.constant("low", std::vector<float>{0}),
                    g.build.constant("high", std::vector<float>{0.4F})})
             .output();
  // Clip's bounds are scalars
  for (auto& tensor : *g.model.mutable_graph()->mutable_initializer()) {
    if (tensor.name() == "low" || tensor.name() == "high") tensor.clear_dims();
  }
  g.at = g.build.node("MaxPool", "max", {g.at})
             .set("kernel_shape", std::vector<std::int64_t>{3, 3})
             .set("strides", std::vector<std::int64_t>{2, 2})
             .set("pads", std::vector<std::int64_t>{0, 0, 1, 1})
             .output();
  g.at = g.build.node("AveragePool", "mean", {g.at})
             .set("kernel_shape", std::vector<std::int64_t>{2, 2})
             .set("pads", std::vector<std::int64_t>{1, 0, 0, 1})
             .output();
  g.finish();
  expect_agreement(g.model);
}

TEST(TorchGraph, NormalisationGatesAndShufflesAgreeWithOnnxRuntime) {
  Graph g;
  g.conv("stem", 3, 8, 3, {2, 2}, {1, 1, 1, 1});
  g.batch_norm(8);
  // ShuffleNet: channels in two groups, transposed
  g.at = g.build
             .node("Reshape", "groups",
                   {g.at, g.build.constant("shape5", std::vector<std::int64_t>{0, 2, 4, 6, 6})})
             .output();
  g.at = g.build.node("Transpose", "shuffle", {g.at})
             .set("perm", std::vector<std::int64_t>{0, 2, 1, 3, 4})
             .output();
  g.at = g.build
             .node("Reshape", "back",
                   {g.at, g.build.constant("shape4", std::vector<std::int64_t>{0, -1, 6, 6})})
             .output();
  g.build
      .node("Split", "halves", {g.at, g.build.constant("sizes", std::vector<std::int64_t>{3, 5})},
            "", {"h1", "h2"})
      .set("axis", std::int64_t{1});
  g.at = g.build.node("Concat", "whole", {"h2", "h1"}).set("axis", std::int64_t{1}).output();
  // squeeze and excite
  const auto pooled = g.build.node("GlobalAveragePool", "squeeze", {g.at}).output();
  const auto gate = g.build.node("HardSigmoid", "gate", {pooled}).set("alpha", 1 / 6.F).output();
  g.at = g.build.node("Mul", "excited", {g.at, gate}).output();
  // swish, and a slice of every other row backwards
  g.at = g.build.node("Mul", "swish", {g.at, g.build.node("Sigmoid", "sigmoid", {g.at}).output()})
             .output();
  g.at = g.build
             .node("Slice", "rows",
                   {g.at, g.build.constant("from", std::vector<std::int64_t>{-1}),
                    g.build.constant("to", std::vector<std::int64_t>{-100}),
                    g.build.constant("axes", std::vector<std::int64_t>{2}),
                    g.build.constant("steps", std::vector<std::int64_t>{-2})})
             .output();
  g.at = g.build.node("ReduceMean", "features", {g.at})
             .set("axes", std::vector<std::int64_t>{2, 3})
             .set("keepdims", std::int64_t{0})
             .output();
  g.at = g.build.node("Gemm", "logits", {g.at, g.weights("gw", {5, 8}), g.weights("gb", {5})})
             .set("transB", std::int64_t{1})
             .output();
  g.finish();
  expect_agreement(g.model);
}

TEST(TorchGraph, FindsWeightsAndStatistics) {
  Graph g;
  g.conv("one", 3, 4, 1, {1, 1}, {0, 0, 0, 0});
  g.batch_norm(4);
  g.finish();
  TorchGraph graph(g.model, "out", "test");
  std::vector<std::string> trained;
  for (const auto& one : graph.parameters()) trained.push_back(one.name);
  EXPECT_EQ(trained, (std::vector<std::string>{"one.w", "one.b", "s", "b"}));
  ASSERT_EQ(graph.statistics().size(), 2U);
  const auto before = graph.statistics()[0].value.clone();
  by_torch(graph, some_pixels(2), 2, true);
  EXPECT_FALSE(torch::equal(before, graph.statistics()[0].value)) << "training updates the means";
}

TEST(TorchGraph, WeightsThatShareATensorAreTrainedSeparately) {
  Graph g;
  g.conv("one", 3, 4, 1, {1, 1}, {0, 0, 0, 0});
  const auto copy = g.build.node("Identity", "two.b", {"one.b"}).output();
  g.at = g.build.node("Conv", "two", {g.at, g.weights("two.w", {4, 4, 1, 1}), copy})
             .set("kernel_shape", std::vector<std::int64_t>{1, 1})
             .output();
  g.finish();
  TorchGraph graph(g.model, "out", "test");
  EXPECT_EQ(graph.parameters().size(), 4U);
  expect_agreement(g.model);
}

TEST(TorchGraph, TheErrorNamesAnUnsupportedOperator) {
  Graph g;
  g.at = g.build.node("NonMaxSuppression", "odd", {g.at}).output();
  g.finish();
  try {
    TorchGraph graph(g.model, "out", "test");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::bad_model);
    EXPECT_NE(error.message.find("NonMaxSuppression"), std::string::npos);
  }
}

TEST(TorchGraph, ConvolutionsAfterMatMulWorkWithAutocast) {
  // As in a transformer between convolutions: with autocast, the convolution gets bf16 inputs and
  // has float weights.
  Graph g;
  g.conv("first", 3, 8, 3, {1, 1}, {1, 1, 1, 1});
  g.at = g.build
             .node("Reshape", "tokens",
                   {g.at, g.build.constant("rows", std::vector<std::int64_t>{-1, 8, 144})})
             .output();
  g.at = g.build.node("MatMul", "mixed", {g.at, g.weights("mix", {144, 144})}).output();
  g.at = g.build
             .node("Reshape", "map",
                   {g.at, g.build.constant("map_shape", std::vector<std::int64_t>{-1, 8, 12, 12})})
             .output();
  g.conv("depthwise", 8, 8, 3, {2, 2}, {0, 0, 1, 1}, 8);
  g.conv("last", 8, 4, 1, {1, 1}, {0, 0, 0, 0});
  g.finish();
  TorchGraph graph(g.model, "out", "test");
  graph.move_to(torch::kCPU);
  auto pixels = some_pixels(2);
  const auto image = torch::from_blob(pixels.data(), {2, 12, 12, 3}, torch::kUInt8).clone();
  at::autocast::set_autocast_dtype(torch::kCPU, torch::kBFloat16);
  at::autocast::set_autocast_enabled(torch::kCPU, true);
  EXPECT_NO_THROW(graph.forward(image, true).to(torch::kFloat32).sum().backward());
  at::autocast::set_autocast_enabled(torch::kCPU, false);
  at::autocast::clear_cache();
  for (const auto& one : graph.parameters()) EXPECT_TRUE(one.value.grad().defined()) << one.name;
}

TEST(TorchGraph, AnUnsupportedInputSizeIsAnError) {
  Graph g;
  g.conv("first", 3, 4, 3, {1, 1}, {1, 1, 1, 1});
  g.at = g.build
             .node("Reshape", "flat_map",
                   {g.at, g.build.constant("one_size", std::vector<std::int64_t>{-1, 576})})
             .output();
  g.finish();
  TorchGraph graph(g.model, "out", "test");
  EXPECT_NO_THROW(graph.forward(torch::zeros({1, 12, 12, 3}, torch::kUInt8), false));
  EXPECT_THROW(graph.forward(torch::zeros({1, 7, 7, 3}, torch::kUInt8), false), Error);
}

}  // namespace
}  // namespace vitrine::train
