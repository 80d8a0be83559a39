// Compares compiled networks with ONNX Runtime: each operator in small graphs, and some backbones.
#include "engine/onednn/compiled_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "engine/onednn/plan.h"
#include "engine/onnx_runtime.h"
#include "model/backbone.h"
#include "model/residual_network.h"
#include "onnx/graph_builder.h"

namespace vitrine::engine {
namespace {

using Ints = std::vector<std::int64_t>;

/// Builds a small network from pixels to a vector, node by node.
struct Net {
  explicit Net(int height = 17, int width = 19) : build(model.mutable_graph()), random(3) {
    model.set_ir_version(8);
    auto* opset = model.add_opset_import();
    opset->set_domain("");
    opset->set_version(13);
    model.mutable_graph()->set_name("net");
    build.input("image", ::onnx::TensorProto::UINT8,
                {"N", std::to_string(height), std::to_string(width), "3"});
    at = build.node("Cast", "float", {"image"}).set("to", std::int64_t{1}).output();
    at = build.node("Mul", "scaled", {at, numbers("scale", {3}, 0.01F)}).output();
    at = build.node("Add", "shifted", {at, numbers("shift", {3})}).output();
    at = build.node("Transpose", "turned", {at}).set("perm", Ints{0, 3, 1, 2}).output();
  }
  std::string numbers(const std::string& name, const Ints& dims, float size = 1) {
    std::int64_t count = 1;
    for (const auto dim : dims) count *= dim;
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) {
      values.push_back(static_cast<float>(random.normal()) * size);
    }
    return build.constant(name, values, dims);
  }
  std::string conv(const std::string& name, const std::string& from, std::int64_t in,
                   std::int64_t out, std::int64_t kernel, std::int64_t stride = 1,
                   std::int64_t groups = 1) {
    const float size = 1 / std::sqrt(static_cast<float>(in / groups * kernel * kernel));
    const auto pad = kernel / 2;
    return build
        .node("Conv", name,
              {from, numbers(name + ".w", {out, in / groups, kernel, kernel}, size),
               numbers(name + ".b", {out}, 0.2F)})
        .set("kernel_shape", Ints{kernel, kernel})
        .set("strides", Ints{stride, stride})
        .set("pads", Ints{pad, pad, pad, pad})
        .set("group", groups)
        .output();
  }
  std::string scalar(const std::string& name, float value) {
    return build.constant(name, std::vector<float>{value}, Ints{});
  }
  /// Ends the graph with the means of all planes.
  void end() {
    at = build.node("GlobalAveragePool", "means", {at}).output();
    build.node("Flatten", "flat", {at}, "", {"out"}).set("axis", std::int64_t{1});
    build.output("out", ::onnx::TensorProto::FLOAT, {"N", "K"});
  }

  ::onnx::ModelProto model;
  onnx::GraphBuilder build;
  Random random;
  std::string at;
};

std::vector<std::uint8_t> noise(std::size_t bytes) {
  Random random(5);
  std::vector<std::uint8_t> out(bytes);
  for (auto& byte : out) byte = static_cast<std::uint8_t>(random.below(256));
  return out;
}

/// The relative error of int8 (Euclidean norm) is below `tolerance`.
void expect_bytes_near(const ::onnx::ModelProto& model, const std::string& output,
                       const NetworkEngine& reference, double tolerance) {
  if (!has_int8()) return;
  const auto photo = static_cast<std::size_t>(reference.width() * reference.height()) * 3;
  const auto pixels = noise(photo * 8);
  const auto ranges = measure_ranges_compiled({model, output}, pixels, 8);
  const auto wanted = reference.run(pixels, 8, 1);
  double size = 0;
  for (const float x : wanted) size += double{x} * x;
  for (const std::size_t opened_for : {1, 2, 3}) {  // weights are converted at opening
    const auto bytes = compile_network({.model = model,
                                        .output = output,
                                        .precision = Precision::int8,
                                        .threads = opened_for,
                                        .ranges = &ranges});
    EXPECT_EQ(bytes->precision(), Precision::int8);
    for (const std::size_t threads : {1, 2}) {
      const auto got = bytes->run(pixels, 8, threads);
      ASSERT_EQ(got.size(), wanted.size());
      double error = 0;
      for (std::size_t i = 0; i < got.size(); ++i) error += std::pow(got[i] - wanted[i], 2);
      EXPECT_LT(std::sqrt(error / size), tolerance)
          << threads << " threads, opened for " << opened_for;
    }
  }
}

/// 1, 3 and 16 photos on one and two threads agree with ONNX Runtime. `of_bytes` is the relative
/// error allowed for int8.
void expect_agreement(const ::onnx::ModelProto& model, const std::string& output = "out",
                      Precision precision = Precision::f32, double tolerance = 1e-4,
                      double of_bytes = 0.03) {
  const auto reference = open_runtime_network(model.SerializeAsString(), output, "test");
  std::vector<std::unique_ptr<NetworkEngine>> opened;
  for (const std::size_t threads : {1, 2}) {
    opened.push_back(compile_network({model, output, precision, threads}));
  }
  const auto photo = static_cast<std::size_t>(reference->width() * reference->height()) * 3;
  const auto pixels = noise(photo * 16);
  for (const std::size_t count : {1, 3, 16}) {
    const auto some = std::span(pixels).first(photo * count);
    const auto wanted = reference->run(some, count, 1);
    for (std::size_t which = 0; which < 4; ++which) {
      const std::size_t threads = 1 + which % 2;
      const auto got = opened[which / 2]->run(some, count, threads);
      ASSERT_EQ(got.size(), wanted.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(got[i], wanted[i], tolerance * (1 + std::abs(wanted[i])))
            << i << " of " << count << " photos on " << threads << " threads";
      }
    }
  }
  if (precision == Precision::f32) expect_bytes_near(model, output, *reference, of_bytes);
}

TEST(CompiledNetwork, convolutions_with_activations) {
  for (const char* type : {"Relu", "LeakyRelu", "Sigmoid", "HardSigmoid", "HardSwish"}) {
    Net net;
    if (std::string(type) == "HardSwish") net.model.mutable_opset_import(0)->set_version(14);
    net.at = net.conv("a", net.at, 3, 20, 3, 2);
    net.at = net.build.node(type, "act", {net.at}).output();
    net.at = net.conv("b", net.at, 20, 20, 5, 1, 20);
    net.at = net.build.node(type, "act2", {net.at}).output();
    net.at = net.conv("c", net.at, 20, 36, 1);
    net.end();
    SCOPED_TRACE(type);
    expect_agreement(net.model);
  }
}

TEST(CompiledNetwork, bounds_of_clip) {
  Net net;
  net.at = net.conv("a", net.at, 3, 16, 3);
  net.at = net.build.node("Clip", "six", {net.at, net.scalar("low", 0), net.scalar("high", 0.5F)})
               .output();
  net.at = net.conv("b", net.at, 16, 16, 3);
  net.at = net.build.node("Clip", "low_only", {net.at, net.scalar("low2", -0.1F)}).output();
  net.end();
  expect_agreement(net.model);
}

TEST(CompiledNetwork, residuals_that_are_read_again_and_residuals_that_are_not) {
  for (const bool lives_on : {false, true}) {
    Net net;
    const std::string start = net.conv("a", net.at, 3, 16, 3);
    std::string x = net.build.node("Relu", "ra", {start}).output();
    std::string y = net.conv("b", x, 16, 16, 3);
    y = net.build.node("Relu", "rb", {y}).output();
    y = net.conv("c", y, 16, 16, 3);
    y = net.build.node("Add", "sum", {x, y}).output();
    y = net.build.node("Relu", "rs", {y}).output();
    if (lives_on)
      y = net.build.node("Concat", "both", {x, y}).set("axis", std::int64_t{1}).output();
    net.at = y;
    net.end();
    expect_agreement(net.model);
  }
}

TEST(CompiledNetwork, a_residual_from_a_convolution_and_a_sum_of_equal_values) {
  Net net;
  const std::string x = net.conv("a", net.at, 3, 16, 3);
  const std::string left = net.conv("l", x, 16, 24, 1, 2);
  const std::string right = net.conv("r", x, 16, 24, 3, 2);
  net.at = net.build.node("Add", "sum", {right, left}).output();
  net.at = net.build.node("Add", "twice", {net.at, net.at}).output();
  net.at = net.build.node("Relu", "relu", {net.at}).output();
  net.end();
  expect_agreement(net.model);
}

TEST(CompiledNetwork, batch_norms_before_and_after_convolutions) {
  Net net;
  const auto norm = [&](const std::string& name, const std::string& from, std::int64_t channels) {
    std::vector<float> variance(static_cast<std::size_t>(channels), 0.7F);
    return net.build
        .node("BatchNormalization", name,
              {from, net.numbers(name + ".g", {channels}), net.numbers(name + ".b", {channels}),
               net.numbers(name + ".m", {channels}), net.build.constant(name + ".v", variance)})
        .output();
  };
  net.at = norm("of_pixels", net.at, 3);
  net.at = net.conv("a", net.at, 3, 18, 3);
  net.at = norm("folded", net.at, 18);
  net.at = net.build.node("Relu", "relu", {net.at}).output();
  net.at = norm("alone", net.at, 18);
  net.at = net.build.node("Relu", "relu2", {net.at}).output();
  net.at = net.conv("b", net.at, 18, 18, 3);
  net.end();
  expect_agreement(net.model);
}

TEST(CompiledNetwork, squeeze_and_excite_and_swish) {
  for (const std::int64_t channels : {24, 32}) {  // 32 uses GatePass
    SCOPED_TRACE(channels);
    Net net;
    std::string x = net.conv("a", net.at, 3, channels, 3, 2);
    x = net.build.node("Mul", "swish", {x, net.build.node("Sigmoid", "s", {x}).output()}).output();
    std::string s = net.build.node("GlobalAveragePool", "pool", {x}).output();
    s = net.conv("down", s, channels, 6, 1);
    s = net.build.node("Relu", "relu", {s}).output();
    s = net.conv("up", s, 6, channels, 1);
    s = net.build.node("HardSigmoid", "gate", {s}).output();
    x = net.build.node("Mul", "scaled_by_gate", {s, x}).output();
    net.at = net.conv("b", x, channels, 10, 1);
    net.end();
    expect_agreement(net.model);
    if (has_bf16()) expect_agreement(net.model, "out", Precision::bf16, 0.02);
  }
}

TEST(CompiledNetwork, pools_of_all_kinds) {
  for (const bool ceil : {false, true}) {
    for (const char* type : {"MaxPool", "AveragePool"}) {
      Net net;
      net.at = net.conv("a", net.at, 3, 20, 3);
      net.at = net.build.node(type, "pool", {net.at})
                   .set("kernel_shape", Ints{3, 3})
                   .set("strides", Ints{2, 2})
                   .set("pads", Ints{1, 0, 0, 1})
                   .set("ceil_mode", std::int64_t{ceil})
                   .output();
      net.at = net.conv("b", net.at, 20, 20, 3);
      net.end();
      SCOPED_TRACE(std::string(type) + (ceil ? " up" : " down"));
      expect_agreement(net.model);
    }
  }
  Net net;
  net.at = net.conv("a", net.at, 3, 20, 3);
  net.at = net.build.node("AveragePool", "pool", {net.at})
               .set("kernel_shape", Ints{3, 3})
               .set("pads", Ints{1, 1, 1, 1})
               .set("count_include_pad", std::int64_t{1})
               .output();
  net.end();
  expect_agreement(net.model);
}

TEST(CompiledNetwork, concat_split_and_shuffle) {
  Net net(16, 16);
  std::string x = net.conv("a", net.at, 3, 32, 3);
  x = net.build.node("Relu", "relu", {x}).output();
  net.build
      .node("Split", "halves", {x, net.build.constant("sizes", Ints{16, 16})}, "",
            {"left", "right"})
      .set("axis", std::int64_t{1});
  const std::string right = net.conv("b", "right", 16, 16, 3);
  x = net.build.node("Concat", "joined", {"left", right}).set("axis", std::int64_t{1}).output();
  x = net.build.node("Reshape", "grouped", {x, net.build.constant("g", Ints{-1, 2, 16, 16, 16})})
          .output();
  x = net.build.node("Transpose", "mixed", {x}).set("perm", Ints{0, 2, 1, 3, 4}).output();
  x = net.build.node("Reshape", "shuffled", {x, net.build.constant("s", Ints{-1, 32, 16, 16})})
          .output();
  net.at = net.conv("c", x, 32, 8, 1);
  net.end();
  expect_agreement(net.model);
}

TEST(CompiledNetwork, concats_of_all_widths) {
  for (const auto& widths :
       {std::vector<std::int64_t>{64, 128}, {16, 48, 32}, {4, 12}, {5, 3, 8}}) {
    Net net(20, 12);
    const std::string x =
        net.build.node("Relu", "relu", {net.conv("a", net.at, 3, 16, 3)}).output();
    std::vector<std::string> parts;
    std::int64_t all = 0;
    for (const std::int64_t width : widths) {
      const std::string name = "part" + std::to_string(parts.size());
      parts.push_back(
          net.build.node("Relu", name + "relu", {net.conv(name, x, 16, width, 1)}).output());
      all += width;
    }
    const std::string joined =
        net.build.node("Concat", "joined", parts).set("axis", std::int64_t{1}).output();
    net.at = net.conv("c", joined, all, 8, 3);
    net.end();
    expect_agreement(net.model);
    if (has_bf16()) expect_agreement(net.model, "out", Precision::bf16, 0.05);
  }
}

TEST(CompiledNetwork, fully_connected_layers_and_softmax) {
  Net net(8, 8);
  net.at = net.conv("a", net.at, 3, 10, 3, 2);
  std::string x = net.build.node("Flatten", "flat", {net.at}).set("axis", std::int64_t{1}).output();
  x = net.build
          .node("Gemm", "hidden",
                {x, net.numbers("w", {32, 160}, 0.1F), net.numbers("b", {32}, 0.1F)})
          .set("transB", std::int64_t{1})
          .set("alpha", 0.5F)
          .output();
  x = net.build.node("Relu", "relu", {x}).output();
  x = net.build.node("MatMul", "logits", {x, net.numbers("w2", {32, 5})}).output();
  x = net.build.node("Add", "biased", {x, net.numbers("b2", {5})}).output();
  x = net.build.node("Div", "cooled", {x, net.scalar("t", 1.7F)}).output();
  net.build.node("Softmax", "p", {x}, "", {"out"}).set("axis", std::int64_t{1});
  net.build.output("out", ::onnx::TensorProto::FLOAT, {"N", "5"});
  expect_agreement(net.model);
}

TEST(CompiledNetwork, outputs_that_are_not_of_a_convolution) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    if (precision == Precision::bf16 && !processor_has(precision)) continue;
    const double tolerance = precision == Precision::bf16 ? 0.03 : 1e-4;
    Net means;  // of the pixels
    means.end();
    expect_agreement(means.model, "out", precision, tolerance);
    Net normed;
    normed.at = normed.conv("a", normed.at, 3, 20, 3);
    normed.at = normed.build.node("GlobalAveragePool", "pool", {normed.at}).output();
    normed.at = normed.build.node("Relu", "relu", {normed.at}).output();
    normed.at = normed.build
                    .node("BatchNormalization", "norm",
                          {normed.at, normed.numbers("g", {20}), normed.numbers("b", {20}),
                           normed.numbers("m", {20}),
                           normed.build.constant("v", std::vector<float>(20, 0.7F))})
                    .output();
    normed.end();
    expect_agreement(normed.model, "out", precision, tolerance);
    Net joined;
    const std::string x = joined.conv("a", joined.at, 3, 20, 3);
    const std::string y = joined.conv("b", x, 20, 20, 3);
    joined.at = joined.build.node("Concat", "both", {x, y}).set("axis", std::int64_t{1}).output();
    joined.end();
    expect_agreement(joined.model, "out", precision, tolerance);
  }
}

TEST(CompiledNetwork, an_alias_of_a_gated_value_keeps_its_other_readers) {
  Net net;
  const std::string c = net.conv("a", net.at, 3, 16, 3);
  const std::string alias = net.build.node("Identity", "alias", {c}).output();
  const std::string s = net.build.node("Sigmoid", "s", {alias}).output();
  const std::string m = net.build.node("Mul", "m", {c, s}).output();
  const std::string k = net.conv("k", alias, 16, 16, 1);
  net.at = net.build.node("Add", "sum", {m, k}).output();
  net.end();
  expect_agreement(net.model);
}

TEST(CompiledNetwork, the_model_may_be_freed_after_it_is_compiled) {
  std::unique_ptr<NetworkEngine> compiled;
  std::vector<float> wanted;
  const auto pixels = noise(17 * 19 * 3);
  {
    Net net;
    net.at =
        net.conv("a", net.at, 3, 5, 3, 1, 1);  // with odd sizes oneDNN may use the plain layout
    net.at = net.conv("b", net.at, 5, 5, 3, 1, 5);
    net.end();
    wanted = open_runtime_network(net.model.SerializeAsString(), "out", "t")->run(pixels, 1, 1);
    compiled = compile_network({net.model, "out", Precision::f32, 2});
    for (auto& tensor : *net.model.mutable_graph()->mutable_initializer()) {
      std::ranges::fill(*tensor.mutable_raw_data(), '\x7f');
      std::ranges::fill(*tensor.mutable_float_data(), 1e30F);
    }
  }
  for (const std::size_t threads : {1, 2}) {
    const auto got = compiled->run(pixels, 1, threads);
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 1e-4);
  }
}

TEST(CompiledNetwork, the_error_names_an_unsupported_operator) {
  Net net;
  net.at = net.build.node("Sin", "wave", {net.conv("a", net.at, 3, 4, 3)}).output();
  net.end();
  try {
    compile_network({net.model, "out", Precision::f32});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::bad_model);
    EXPECT_NE(error.message.find("Sin"), std::string::npos);
  }
}

TEST(CompiledNetwork, inconsistent_graphs_are_rejected) {
  const auto refused = [](const auto& spoil) {
    Net net;
    net.at = net.conv("a", net.at, 3, 4, 3);
    net.end();
    spoil(*net.model.mutable_graph());
    EXPECT_THROW(compile_network({net.model, "out", Precision::f32}), Error);
  };
  const auto tensor = [](::onnx::GraphProto& graph,
                         const std::string& name) -> ::onnx::TensorProto& {
    for (auto& one : *graph.mutable_initializer()) {
      if (one.name() == name) return one;
    }
    throw std::runtime_error("no " + name);
  };
  refused([&](auto& graph) { tensor(graph, "a.w").set_dims(0, 5); });
  refused([&](auto& graph) { tensor(graph, "a.w").set_dims(0, std::int64_t{1} << 40); });
  refused([&](auto& graph) { tensor(graph, "a.w").set_dims(0, -4); });
  refused([&](auto& graph) { tensor(graph, "a.b").set_dims(0, 3); });
  refused([&](auto& graph) { graph.mutable_node(4)->set_input(0, "nowhere"); });
  refused([&](auto& graph) {
    for (auto& one : *graph.mutable_node(4)->mutable_attribute()) {
      if (one.name() == "strides") one.set_ints(0, 0);
    }
  });
  refused([&](auto& graph) {
    for (auto& one : *graph.mutable_node(4)->mutable_attribute()) {
      if (one.name() == "group") one.set_i(0);
    }
  });
}

TEST(CompiledNetwork, the_residual_network_for_training_from_scratch) {
  const auto graph =
      model::feature_graph(model::residual_network(48, 1), model::known_normalisations()[1]);
  expect_agreement(graph, "features");
}

TEST(CompiledNetwork, the_shared_backbones) {
  const char* repository = std::getenv("REPO");
  const std::filesystem::path folder =
      std::filesystem::path(repository == nullptr ? "." : repository) / "../shared/data/backbones";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "skipped: ../shared/data/backbones is not there";
  // Noise differs from their training data, so the errors of int8 are larger than on photos.
  const std::pair<const char*, double> all[] = {{"mobilenetv2-fp32", 0.12},
                                                {"mobilenet_v3_small-fp32", 0.7},
                                                {"regnetx_200mf-fp32", 0.05},
                                                {"squeezenet1.1-fp32", 0.08}};
  for (const auto& [name, of_bytes] : all) {
    SCOPED_TRACE(name);
    ::onnx::ModelProto model;
    std::ifstream file(folder / (std::string(name) + ".onnx"), std::ios::binary);
    ASSERT_TRUE(model.ParseFromIstream(&file));
    const auto graph =
        model::feature_graph(model::find_backbone(model, name), model::known_normalisations()[0]);
    expect_agreement(graph, "features", Precision::f32, 1e-4, of_bytes);
  }
}

TEST(CompiledNetwork, int8_needs_the_ranges_of_the_same_network) {
  if (!has_int8()) GTEST_SKIP() << "skipped: this processor has no VNNI";
  Net net;
  net.at = net.conv("a", net.at, 3, 16, 3);
  net.at = net.conv("b", net.at, 16, 16, 3);
  net.end();
  Net other;
  other.at = other.conv("a", other.at, 3, 16, 3, 2);
  other.at = other.conv("b", other.at, 16, 16, 3);
  other.end();
  const auto pixels = noise(17 * 19 * 3);
  const auto ranges = measure_ranges_compiled({net.model, "out"}, pixels, 1);
  const auto open = [](const Net& of, const model::ActivationRanges* with) {
    return compile_network(
        {.model = of.model, .output = "out", .precision = Precision::int8, .ranges = with});
  };
  EXPECT_NO_THROW(open(net, &ranges));
  EXPECT_THROW(open(net, nullptr), Error);
  EXPECT_THROW(open(other, &ranges), Error);
  model::ActivationRanges fewer = ranges;
  fewer.least.pop_back();
  EXPECT_THROW(open(net, &fewer), Error);
  // Invalid ranges only lead to wrong results.
  model::ActivationRanges odd = ranges;
  std::ranges::fill(odd.most, std::nanf(""));
  std::ranges::fill(odd.least, -std::numeric_limits<float>::infinity());
  EXPECT_NO_THROW(open(net, &odd)->run(pixels, 1, 1));
}

TEST(CompiledNetwork, skipped_convolutions_do_not_compute_in_int8) {
  if (!has_int8()) GTEST_SKIP() << "skipped: this processor has no VNNI";
  Net net;
  net.at = net.conv("a", net.at, 3, 16, 3);
  net.at = net.conv("b", net.at, 16, 64, 3);
  net.end();
  const auto pixels = noise(17 * 19 * 3);
  auto ranges = measure_ranges_compiled({net.model, "out"}, pixels, 1);
  const auto answers = [&](Precision precision) {
    return compile_network(
               {.model = net.model, .output = "out", .precision = precision, .ranges = &ranges})
        ->run(pixels, 1, 1);
  };
  const auto bytes = answers(Precision::int8);
  ranges.skip_first_layers = 100;
  const auto bf16 = has_bf16() ? Precision::bf16 : Precision::f32;
  EXPECT_EQ(answers(Precision::int8), answers(bf16));
  EXPECT_NE(bytes, answers(bf16));
}

/// The border between f32 and bf16 may be before a sum, a concat, a pool or a product.
TEST(CompiledNetwork, the_first_convolutions_can_compute_in_f32_with_bf16) {
  if (!has_bf16()) GTEST_SKIP() << "skipped: this processor has no bf16";
  Net net(16, 16);
  const auto relu = [&](const std::string& from) {
    return net.build.node("Relu", from + ".relu", {from}).output();
  };
  const std::string a = relu(net.conv("a", net.at, 3, 32, 3));
  const std::string b = net.conv("b", a, 32, 32, 3);
  std::string x = relu(net.build.node("Add", "sum", {b, a}).output());
  const std::string c = relu(net.conv("c", x, 32, 16, 1));
  const std::string d = relu(net.conv("d", x, 32, 16, 3));
  x = net.build.node("Concat", "joined", {c, d}).set("axis", std::int64_t{1}).output();
  x = net.build.node("MaxPool", "pooled", {x})
          .set("kernel_shape", Ints{2, 2})
          .set("strides", Ints{2, 2})
          .output();
  std::string gate = net.build.node("GlobalAveragePool", "planes", {x}).output();
  gate = net.build.node("Sigmoid", "gate", {net.conv("e", gate, 32, 32, 1)}).output();
  x = net.build.node("Mul", "gated", {x, gate}).output();
  x = net.conv("f", x, 32, 24, 3);
  const std::string y = net.conv("g", x, 24, 24, 3);
  x = net.build.node("Add", "twice", {net.build.node("Sigmoid", "s", {x}).output(), y}).output();
  net.at = net.conv("h", x, 24, 10, 1);
  net.end();
  const auto pixels = noise(std::size_t{3} * 16 * 16 * 3);
  const auto answers = [&](Precision precision, std::size_t skip_first_layers) {
    return compile_network({.model = net.model,
                            .output = "out",
                            .precision = precision,
                            .skip_first_layers = skip_first_layers})
        ->run(pixels, 3, 1);
  };
  const auto wanted = answers(Precision::f32, 0);
  for (std::size_t skip_first_layers = 0; skip_first_layers <= 9; ++skip_first_layers) {
    const auto got = answers(Precision::bf16, skip_first_layers);
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], wanted[i], skip_first_layers > 8 ? 1e-5 : 0.05)
          << skip_first_layers << " skipped";
    }
  }
  EXPECT_NE(answers(Precision::bf16, 0), wanted);
}

TEST(Plan, weights_can_be_used_after_a_plan_failed) {
  Net net;
  net.at = net.conv("a", net.at, 3, 64, 3);
  net.at = net.conv("b", net.at, 64, 64, 3);
  net.end();
  NetworkGraph graph = lower(net.model, {}, "out");
  const auto answers = [&](WeightStore& weights) {
    const Plan plan(graph, weights, choose_data_formats(graph, Precision::f32, nullptr), {});
    const auto context = plan.make_context();
    std::vector<float> out(64);
    plan.run(*context, noise(17 * 19 * 3).data(), out.data());
    return out;
  };
  for (const std::size_t threads : {1, 2}) {
    WeightStore weights(graph);
    const Plan::Options too_many{.batch = 200000, .threads = threads};  // over 4 GiB of values
    EXPECT_THROW(
        Plan(graph, weights, choose_data_formats(graph, Precision::f32, nullptr), too_many),
        dnnl::error);
    WeightStore fresh(graph);
    EXPECT_EQ(answers(weights), answers(fresh));
  }
}

}  // namespace
}  // namespace vitrine::engine
