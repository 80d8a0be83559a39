#include "model/backbone.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "onnx/graph_builder.h"

namespace vitrine::model {
namespace {

/// A small classifier: pool, flatten, Gemm, Softmax. Some tensors have the names that Vitrine uses.
::onnx::ModelProto classifier(const std::vector<std::string>& shape) {
  ::onnx::ModelProto model;
  model.set_ir_version(7);
  model.add_opset_import()->set_version(13);
  onnx::GraphBuilder build(model.mutable_graph());
  build.input("image", ::onnx::TensorProto::FLOAT, shape);
  build.node("GlobalAveragePool", "pool", {"image"});
  build.node("Flatten", "features", {"pool"}).set("axis", std::int64_t{1});
  build.constant("w", std::vector<float>(6, 1));
  build.node("Gemm", "logits", {"features", "w"});
  build.node("Softmax", "probabilities", {"logits"});
  build.output("probabilities", ::onnx::TensorProto::FLOAT, {"N", "2"});
  return model;
}

void expect_refused(const ::onnx::ModelProto& model, const std::string& part) {
  try {
    find_backbone(model, "x");
    FAIL() << "not refused: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::bad_model);
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
  }
}

TEST(Backbone, CutsBeforeTheLastLayerAndAvoidsNameClashes) {
  const Backbone backbone = find_backbone(classifier({"N", "3", "32", "48"}), "x");
  EXPECT_EQ(backbone.last_layer, "Gemm");
  EXPECT_EQ(backbone.height, 32);
  EXPECT_EQ(backbone.width, 48);
  EXPECT_FALSE(backbone.channels_last);
  EXPECT_EQ(backbone.model.graph().node_size(), 2);
  const auto graph = feature_graph(backbone, known_normalisations()[0]).graph();
  EXPECT_EQ(graph.input(0).name(), "image");
  EXPECT_EQ(graph.output(0).name(), "features");
}

TEST(Backbone, ReadsChannelsLast) {
  EXPECT_TRUE(find_backbone(classifier({"N", "32", "32", "3"}), "x").channels_last);
}

TEST(Backbone, RejectsOtherGraphs) {
  expect_refused(classifier({"N", "1", "28", "28"}), "shape of an image");
  expect_refused(classifier({"N", "3"}), "shape of an image");
  auto no_weights = classifier({"N", "3", "8", "8"});
  no_weights.mutable_graph()->mutable_output(0)->set_name("features");
  expect_refused(no_weights, "no layer with weights");
  auto two = classifier({"N", "3", "8", "8"});
  onnx::GraphBuilder(two.mutable_graph()).input("other", ::onnx::TensorProto::FLOAT, {"N"});
  expect_refused(two, "more than one input");
  auto old = classifier({"N", "3", "8", "8"});
  old.mutable_opset_import(0)->set_version(6);
  expect_refused(old, "opset 7");
}

}  // namespace
}  // namespace vitrine::model
