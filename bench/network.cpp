// network: times a classifier of photos on our engine, and its convolutions alone as raw
// primitives.
//   network FILE PRECISION BATCH THREADS
// FILE takes float [N, 3, H, W]; pixels and their scaling are put in front, as in a saved model.
// Reads lines: `run K` runs K times and prints the milliseconds of one run (the mean of K);
// `convolutions K` the same of all convolutions one after the other, each K times with warm caches.
// Prints first how long it took to open the file and to answer once.
#include <omp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dnnl.hpp>
#include <iostream>
#include <sstream>
#include <string>

#include "base/file.h"
#include "base/random.h"
#include "engine/onednn/compiled_network.h"
#include "onnx/graph_builder.h"
#include "onnx/outline.h"

using namespace vitrine::engine;
using vitrine::Error;
using vitrine::MappedFile;
using vitrine::Random;
using vitrine::model::ActivationRanges;
using vitrine::onnx::GraphBuilder;

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

/// The classifier behind pixels.
::onnx::ModelProto with_pixels(::onnx::ModelProto classifier) {
  ::onnx::ModelProto model;
  *model.mutable_opset_import() = classifier.opset_import();
  ::onnx::GraphProto& graph = *model.mutable_graph();
  GraphBuilder build(&graph);
  const auto& input = [&]() -> const ::onnx::ValueInfoProto& {
    for (const auto& one : classifier.graph().input()) {
      bool weight = false;
      for (const auto& w : classifier.graph().initializer())
        weight = weight || w.name() == one.name();
      if (!weight) return one;
    }
    std::puts("no input"), std::exit(1);
  }();
  const auto& shape = input.type().tensor_type().shape();
  build.input("image", ::onnx::TensorProto::UINT8,
              {"N", std::to_string(shape.dim(2).dim_value()),
               std::to_string(shape.dim(3).dim_value()), "3"});
  build.node("Cast", "V.float", {"image"}).set("to", std::int64_t{1});
  build.node("Mul", "V.scaled",
             {"V.float", build.constant("V.scale", std::vector<float>(3, 1 / 58.0F))});
  build.node("Add", "V.shifted",
             {"V.scaled", build.constant("V.shift", std::vector<float>(3, -2))});
  build.node("Transpose", input.name(), {"V.shifted"})
      .set("perm", std::vector<std::int64_t>{0, 3, 1, 2});
  for (auto& node : *classifier.mutable_graph()->mutable_node()) graph.add_node()->Swap(&node);
  for (auto& weight : *classifier.mutable_graph()->mutable_initializer()) {
    graph.add_initializer()->Swap(&weight);
  }
  *graph.mutable_output() = classifier.graph().output();
  return model;
}

/// Each convolution with its activation, alone, on memory of its own.
class RawConvolutions {
 public:
  RawConvolutions(const NetworkGraph& graph, Precision precision, std::int64_t batch) {
    using namespace dnnl;
    const auto type = precision == Precision::int8   ? memory::data_type::u8
                      : precision == Precision::bf16 ? memory::data_type::bf16
                                                     : memory::data_type::f32;
    const auto weight_type = precision == Precision::int8 ? memory::data_type::s8 : type;
    for (const Op& op : graph.ops) {
      if (op.kind != Op::Kind::convolution) continue;
      const auto dims = [&](ValueId v) {
        const ValueShape& s = graph.values[v];
        return memory::dims{batch, s.channels, s.height, s.width};
      };
      const auto outputs = static_cast<std::int64_t>(op.bias.size());
      const auto inputs =
          static_cast<std::int64_t>(op.weights.size()) / (outputs * op.kernel[0] * op.kernel[1]);
      const memory::dims w =
          op.groups == 1
              ? memory::dims{outputs, inputs, op.kernel[0], op.kernel[1]}
              : memory::dims{op.groups, outputs / op.groups, inputs, op.kernel[0], op.kernel[1]};
      const auto any = memory::format_tag::any;
      post_ops post;
      if (op.activation.kind != Activation::Kind::none) {
        post.append_eltwise(algorithm::eltwise_relu, 0, 0);
      }
      primitive_attr attributes;
      attributes.set_post_ops(post);
      const convolution_forward::primitive_desc pd(
          cpu_engine(), prop_kind::forward_inference, algorithm::convolution_direct,
          memory::desc(dims(op.inputs[0]), type, any), memory::desc(w, weight_type, any),
          memory::desc({outputs}, memory::data_type::f32, memory::format_tag::x),
          memory::desc(dims(op.output), type, any), memory::dims{op.stride[0], op.stride[1]},
          memory::dims{op.dilation[0] - 1, op.dilation[1] - 1},
          memory::dims{op.pads[0], op.pads[1]}, memory::dims{op.pads[2], op.pads[3]}, attributes);
      all_.push_back({convolution_forward(pd),
                      {{DNNL_ARG_SRC, filled(pd.src_desc())},
                       {DNNL_ARG_WEIGHTS, filled(pd.weights_desc())},
                       {DNNL_ARG_BIAS, filled(pd.bias_desc())},
                       {DNNL_ARG_DST, filled(pd.dst_desc())}}});
    }
  }
  double run(int times) {
    double all = 0;
    for (auto& [primitive, arguments] : all_) {
      primitive.execute(stream_, arguments);
      const auto began = Clock::now();
      for (int i = 0; i < times; ++i) primitive.execute(stream_, arguments);
      stream_.wait();
      all += since(began) / times;
    }
    return all;
  }

 private:
  static dnnl::memory filled(const dnnl::memory::desc& desc) {
    dnnl::memory memory(desc, cpu_engine());
    dnnl::memory plain({desc.get_dims(), dnnl::memory::data_type::f32,
                        desc.get_ndims() == 1   ? dnnl::memory::format_tag::a
                        : desc.get_ndims() == 4 ? dnnl::memory::format_tag::abcd
                                                : dnnl::memory::format_tag::abcde},
                       cpu_engine());
    Random random(1);
    auto* numbers = static_cast<float*>(plain.get_data_handle());
    for (std::size_t i = 0; i < plain.get_desc().get_size() / 4; ++i) {
      numbers[i] = static_cast<float>(random.below(1000)) / 10000 + 0.01F;
    }
    dnnl::stream stream(cpu_engine());
    dnnl::reorder(plain, memory).execute(stream, plain, memory);
    stream.wait();
    return memory;
  }
  struct One {
    dnnl::convolution_forward primitive;
    std::unordered_map<int, dnnl::memory> arguments;
  };
  std::vector<One> all_;
  dnnl::stream stream_{cpu_engine()};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return std::puts("usage: network FILE f32|bf16|int8 BATCH THREADS"), 2;
  const Precision precision = vitrine::model::precision_named(argv[2]);
  const auto batch = std::strtoul(argv[3], nullptr, 10);
  const auto threads = std::strtoul(argv[4], nullptr, 10);
  auto began = Clock::now();
  Random random(2);
  ::onnx::ModelProto classifier;
  const MappedFile file(argv[1]);
  if (!vitrine::onnx::read_outline(file.text(), classifier)) return std::puts("no ONNX file"), 1;
  const ::onnx::ModelProto model = with_pixels(std::move(classifier));
  const std::string output = model.graph().output(0).name();
  ActivationRanges ranges;  // of int8: a saved model has them, so they are no part of the opening
  const auto without = Clock::now();
  if (precision == Precision::int8) {
    const auto& image = model.graph().input(0).type().tensor_type().shape();
    std::vector<std::uint8_t> photos(
        8 * 3 * static_cast<std::size_t>(image.dim(1).dim_value() * image.dim(2).dim_value()));
    for (auto& byte : photos) byte = static_cast<std::uint8_t>(random.below(256));
    ranges = measure_ranges_compiled({.model = model, .output = output, .bytes = file.text()},
                                     photos, 8);
  }
  began += Clock::now() - without;
  const auto network = compile_network({model, output, precision, threads, &ranges, file.text()});
  std::vector<std::uint8_t> pixels(batch * static_cast<std::size_t>(network->width()) *
                                   static_cast<std::size_t>(network->height()) * 3);
  for (auto& byte : pixels) byte = static_cast<std::uint8_t>(random.below(256));
  network->run(pixels, batch, threads);
  std::printf("{\"open_ms\": %.1f, \"engine\": \"%s\"}\n", since(began), network->name().c_str());
  std::fflush(stdout);
  std::unique_ptr<RawConvolutions> raw;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    int times = 1;
    words >> what >> times;
    double ms = 0;
    if (what == "convolutions") {
      omp_set_num_threads(static_cast<int>(threads));
      if (!raw) {
        raw = std::make_unique<RawConvolutions>(lower(model, file.text(), output), precision,
                                                static_cast<std::int64_t>(batch));
      }
      ms = raw->run(times);
    } else {
      began = Clock::now();
      for (int i = 0; i < times; ++i) network->run(pixels, batch, threads);
      ms = since(began) / times;
    }
    std::printf("%.4f\n", ms);
    std::fflush(stdout);
  }
}
