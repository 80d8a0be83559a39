#include "onnx/graph_view.h"

#include <gtest/gtest.h>

#include "onnx/graph_builder.h"

namespace vitrine::onnx {
namespace {

TEST(GraphView, finds_makers_needed_nodes_and_inputs) {
  ::onnx::GraphProto graph;
  GraphBuilder build(&graph);
  build.input("x", ::onnx::TensorProto::FLOAT, {"N"});
  build.input("w", ::onnx::TensorProto::FLOAT, {"1"});  // also an initializer: not an input
  build.constant("w", std::vector<float>{2});
  build.node("Mul", "product", {"x", "w"})
      .set("alpha", 0.5F)
      .set("axes", std::vector<std::int64_t>{1, 2});
  build.node("Relu", "out", {"product"});
  build.node("Relu", "other", {"x"});
  const GraphView view(graph);
  EXPECT_EQ(view.maker("product")->op_type(), "Mul");
  EXPECT_EQ(view.maker("x"), nullptr);
  EXPECT_NE(view.initializer("w"), nullptr);
  EXPECT_EQ(view.needed_by("out").size(), 2U);
  ASSERT_EQ(view.inputs().size(), 1U);
  EXPECT_EQ(view.inputs()[0]->name(), "x");
  const ::onnx::NodeProto& node = *view.maker("product");
  EXPECT_EQ(number(node, "alpha", 1), 0.5F);
  EXPECT_EQ(number(node, "beta", 1), 1);
  EXPECT_EQ(integers(node, "axes"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(integers(node, "pads", {7}), (std::vector<std::int64_t>{7}));
  EXPECT_EQ(only_node(graph, "Mul"), &node);
  EXPECT_EQ(only_node(graph, "Relu"), nullptr);  // two of them
}

TEST(GraphView, same_padding_gives_the_output_size_that_the_operator_promises) {
  for (std::int64_t size = 1; size < 20; ++size) {
    for (std::int64_t kernel = 1; kernel < 6; ++kernel) {
      for (std::int64_t stride = 1; stride < 4; ++stride) {
        const auto [begin, end] = same_padding(size, kernel, stride, 1, true);
        EXPECT_LE(begin, end);
        EXPECT_LE(end - begin, 1);
        const std::int64_t room = size + begin + end - kernel;
        if (room >= 0) {
          EXPECT_EQ(room / stride + 1, (size + stride - 1) / stride);
        }
        EXPECT_EQ(same_padding(size, kernel, stride, 1, false), std::pair(end, begin));
      }
    }
  }
}

}  // namespace
}  // namespace vitrine::onnx
