// Graphs that ONNX Runtime 1.21 computes wrongly, with their correct values.
#include "engine/ort/workarounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/onnx_runtime.h"
#include "onnx/graph_builder.h"

namespace vitrine::engine {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

struct Model {
  explicit Model(std::int64_t opset) {
    proto.set_ir_version(8);
    auto* standard = proto.add_opset_import();
    standard->set_domain("");
    standard->set_version(opset);
    auto* classical = proto.add_opset_import();
    classical->set_domain(std::string(onnx::kMlDomain));
    classical->set_version(3);
    proto.mutable_graph()->set_name("g");
  }
  ::onnx::ModelProto proto;
  onnx::GraphBuilder graph{proto.mutable_graph()};
};

Tensor floats(const std::vector<std::int64_t>& shape, const Floats& values) {
  Tensor out{"x", TensorType::f32, shape, {}, {}};
  out.bytes.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return out;
}

Floats values_of(const Tensor& tensor) {
  Floats out(tensor.bytes.size() / sizeof(float));
  std::memcpy(out.data(), tensor.bytes.data(), tensor.bytes.size());
  return out;
}

/// The output `name` of the model for x.
Floats answer(const Model& model, const Tensor& x, const std::string& name) {
  const auto opened = open_runtime_tensors(model.proto.SerializeAsString(), "t");
  for (const Tensor& one : opened->run({x})) {
    if (one.name == name) return values_of(one);
  }
  ADD_FAILURE() << "no output " << name;
  return {};
}

void expect_near(const Floats& got, const Floats& wanted, float tolerance = 1e-6F) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], tolerance) << i;
}

TEST(Workarounds, a_pad_of_zeros_before_a_pool_pads_with_zeros) {
  for (const std::int64_t opset : {10, 13, 18}) {
    for (const char* pool : {"MaxPool", "AveragePool"}) {
      Model m(opset);
      m.graph.input("x", ::onnx::TensorProto::FLOAT, {"1", "1", "3", "3"});
      const Ints pads{0, 0, 1, 1, 0, 0, 1, 1};
      if (opset < 11) {
        m.graph.node("Pad", "p", {"x"}).set("pads", pads);
      } else {
        m.graph.node("Pad", "p", {"x", m.graph.constant("pads", pads)});
      }
      m.graph.node(pool, "y", {"p"}).set("kernel_shape", Ints{3, 3}).set("strides", Ints{2, 2});
      m.graph.output("y", ::onnx::TensorProto::FLOAT, {"1", "1", "2", "2"});
      const Tensor x = floats({1, 1, 3, 3}, Floats(9, -9));
      expect_near(answer(m, x, "y"),
                  std::string_view(pool) == "MaxPool" ? Floats(4, 0) : Floats(4, -4));
    }
  }
}

void add_pool_of_pad(Model& m, const std::string& between) {
  m.graph.node("Pad", "p", {"x", m.graph.constant("pads", Ints{0, 0, 1, 1, 0, 0, 1, 1})});
  if (!between.empty()) m.graph.node(between, "q", {"p"});
  m.graph.node("MaxPool", "y", {between.empty() ? "p" : "q"})
      .set("kernel_shape", Ints{3, 3})
      .set("strides", Ints{2, 2});
}

TEST(Workarounds, a_pad_is_not_fused_after_other_passes_removed_nodes_before_the_pool) {
  const Tensor x = floats({1, 1, 3, 3}, Floats(9, -9));
  for (const char* between : {"Identity", "Dropout"}) {
    Model m(13);
    m.graph.input("x", ::onnx::TensorProto::FLOAT, {"1", "1", "3", "3"});
    add_pool_of_pad(m, between);
    m.graph.output("y", ::onnx::TensorProto::FLOAT, {"1", "1", "2", "2"});
    expect_near(answer(m, x, "y"), Floats(4, 0));
  }
  // Inside a branch.
  Model branch(13);
  add_pool_of_pad(branch, "");
  branch.graph.output("y", ::onnx::TensorProto::FLOAT, {"1", "1", "2", "2"});
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"1", "1", "3", "3"});
  m.graph.node("ReduceMax", "top", {"x"}).set("keepdims", std::int64_t{0});
  m.graph.node("Less", "cold", {"top", m.graph.constant("limit", Floats{100}, {})});
  m.graph.node("If", "z", {"cold"});
  auto& choice = *m.proto.mutable_graph()->mutable_node()->rbegin();
  for (const char* name : {"then_branch", "else_branch"}) {
    auto* attribute = choice.add_attribute();
    attribute->set_name(name);
    attribute->set_type(::onnx::AttributeProto::GRAPH);
    *attribute->mutable_g() = branch.proto.graph();
    attribute->mutable_g()->set_name(name);
  }
  m.graph.output("z", ::onnx::TensorProto::FLOAT, {"1", "1", "2", "2"});
  expect_near(answer(m, x, "z"), Floats(4, 0));
}

/// A layer normalisation over the last axis in single operators, as older exporters write it.
Model layer_norm(float epsilon, bool first) {
  Model m(17);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"1", "2"});
  const Ints last{-1};
  m.graph.node("ReduceMean", "mean", {"x"}).set("axes", last);
  m.graph.node("Sub", "d", {"x", "mean"});
  m.graph.node("Pow", "square", {"d", m.graph.constant("two", Floats{2}, {})});
  m.graph.node("ReduceMean", "variance", {"square"}).set("axes", last);
  m.graph.node("Constant", "e", {}).set("value_float", epsilon);
  m.graph.node("Add", "sum",
               first ? std::vector<std::string>{"e", "variance"}
                     : std::vector<std::string>{"variance", "e"});
  m.graph.node("Sqrt", "deviation", {"sum"});
  m.graph.node("Div", "scaled", {"d", "deviation"});
  m.graph.node("Mul", "weighted", {"scaled", m.graph.constant("gamma", Floats{1, 1}, {2})});
  m.graph.node("Add", "y", {"weighted", m.graph.constant("beta", Floats{0, 0}, {2})});
  m.graph.output("y", ::onnx::TensorProto::FLOAT, {"1", "2"});
  return m;
}

TEST(Workarounds, a_layer_normalisation_keeps_its_epsilon) {
  for (const bool first : {true, false}) {
    // Variance 1 and epsilon 3: values are divided by 2.
    expect_near(answer(layer_norm(3, first), floats({1, 2}, {-1, 1}), "y"), {-0.5F, 0.5F});
  }
}

TEST(Workarounds, a_product_with_a_number_of_higher_rank_keeps_its_shape) {
  for (const bool between : {false, true}) {
    Model m(13);
    m.graph.input("x", ::onnx::TensorProto::FLOAT, {"2", "2"});
    std::string number = m.graph.constant("n", Floats{2}, {1, 1, 1});
    if (between) m.graph.node("Identity", "i", {std::exchange(number, "i")});
    m.graph.node("MatMul", "p", {"x", m.graph.constant("w", Floats{1, 0, 0, 1}, {2, 2})});
    m.graph.node("Mul", "y", {"p", number});
    m.graph.output("y", ::onnx::TensorProto::FLOAT, {"1", "2", "2"});
    const auto opened = open_runtime_tensors(m.proto.SerializeAsString(), "t");
    EXPECT_EQ(opened->run({floats({2, 2}, {1, 2, 3, 4})})[0].shape, (Ints{1, 2, 2}));
  }
}

TEST(Workarounds, averages_count_pads_but_nothing_beyond_them) {
  // 7 x 7 ones, windows of 2 in steps of 2, rounded up: the last window reaches beyond the input.
  Model ceil(13);
  ceil.graph.input("x", ::onnx::TensorProto::FLOAT, {"1", "1", "7", "7"});
  ceil.graph.node("AveragePool", "y", {"x"})
      .set("kernel_shape", Ints{2, 2})
      .set("strides", Ints{2, 2})
      .set("ceil_mode", std::int64_t{1})
      .set("count_include_pad", std::int64_t{1});
  ceil.graph.output("y", ::onnx::TensorProto::FLOAT, {"1", "1", "4", "4"});
  expect_near(answer(ceil, floats({1, 1, 7, 7}, Floats(49, 1)), "y"), Floats(16, 1));
  // Pads only at the end: they are counted.
  Model odd(19);
  odd.graph.input("x", ::onnx::TensorProto::FLOAT, {"1", "1", "3", "3"});
  odd.graph.node("AveragePool", "y", {"x"})
      .set("kernel_shape", Ints{2, 2})
      .set("strides", Ints{2, 2})
      .set("pads", Ints{0, 0, 1, 1})
      .set("count_include_pad", std::int64_t{1});
  odd.graph.output("y", ::onnx::TensorProto::FLOAT, {"1", "1", "2", "2"});
  expect_near(answer(odd, floats({1, 1, 3, 3}, Floats(9, 4)), "y"), {4, 2, 2, 1});
}

/// One tree: the margin is `low` if x < 0.5, else `high`. One class id, as converters write it.
Model tree_classifier(float low, float high) {
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"N", "1"});
  m.graph.node("TreeEnsembleClassifier", "c", {"x"}, onnx::kMlDomain, {"label", "p"})
      .set("class_ids", Ints{0, 0})
      .set("class_nodeids", Ints{1, 2})
      .set("class_treeids", Ints{0, 0})
      .set("class_weights", Floats{low, high})
      .set("classlabels_int64s", Ints{0, 1})
      .set("nodes_falsenodeids", Ints{2, 0, 0})
      .set("nodes_featureids", Ints{0, 0, 0})
      .set("nodes_modes", std::vector<std::string>{"BRANCH_LT", "LEAF", "LEAF"})
      .set("nodes_nodeids", Ints{0, 1, 2})
      .set("nodes_treeids", Ints{0, 0, 0})
      .set("nodes_truenodeids", Ints{1, 0, 0})
      .set("nodes_values", Floats{0.5F, 0, 0})
      .set("post_transform", "LOGISTIC");
  m.graph.output("label", ::onnx::TensorProto::INT64, {"N"});
  m.graph.output("p", ::onnx::TensorProto::FLOAT, {"N", "2"});
  return m;
}

float logistic(float x) { return 1 / (1 + std::exp(-x)); }

TEST(Workarounds, trees_with_leaves_of_one_sign_keep_their_logistic_function) {
  for (const auto& [low, high] : {std::pair{0.2F, 0.9F}, {-0.2F, 0.9F}, {-0.9F, -0.2F}}) {
    expect_near(answer(tree_classifier(low, high), floats({2, 1}, {0, 1}), "p"),
                {1 - logistic(low), logistic(low), 1 - logistic(high), logistic(high)});
  }
}

TEST(Workarounds, trees_with_only_equality_tests_reach_the_right_leaves) {
  // f == 0 ? 1 : (f == 1 ? 2 : 3)
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"N", "1"});
  m.graph.node("TreeEnsembleRegressor", "y", {"x"}, onnx::kMlDomain)
      .set("n_targets", std::int64_t{1})
      .set("nodes_falsenodeids", Ints{2, 0, 4, 0, 0})
      .set("nodes_featureids", Ints{0, 0, 0, 0, 0})
      .set("nodes_modes",
           std::vector<std::string>{"BRANCH_EQ", "LEAF", "BRANCH_EQ", "LEAF", "LEAF"})
      .set("nodes_nodeids", Ints{0, 1, 2, 3, 4})
      .set("nodes_treeids", Ints{0, 0, 0, 0, 0})
      .set("nodes_truenodeids", Ints{1, 0, 3, 0, 0})
      .set("nodes_values", Floats{0, 0, 1, 0, 0})
      .set("target_ids", Ints{0, 0, 0})
      .set("target_nodeids", Ints{1, 3, 4})
      .set("target_treeids", Ints{0, 0, 0})
      .set("target_weights", Floats{1, 2, 3});
  m.graph.output("y", ::onnx::TensorProto::FLOAT, {"N", "1"});
  expect_near(answer(m, floats({4, 1}, {0, 1, 2, 7}), "y"), {1, 2, 3, 3});
}

TEST(Workarounds, the_logistic_function_of_one_target_is_not_skipped) {
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"N", "2"});
  m.graph.node("LinearRegressor", "y", {"x"}, onnx::kMlDomain)
      .set("coefficients", Floats{1, -2})
      .set("intercepts", Floats{0.5F})
      .set("post_transform", "LOGISTIC");
  m.graph.output("y", ::onnx::TensorProto::FLOAT, {"N", "1"});
  expect_near(answer(m, floats({1, 2}, {1, 1}), "y"), {logistic(-0.5F)});
}

TEST(Workarounds, one_row_of_coefficients_yields_probabilities) {
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"N", "2"});
  m.graph.node("LinearClassifier", "c", {"x"}, onnx::kMlDomain, {"label", "p"})
      .set("classlabels_ints", Ints{0, 1})
      .set("coefficients", Floats{1, -2})
      .set("intercepts", Floats{-3})
      .set("post_transform", "LOGISTIC");
  m.graph.output("label", ::onnx::TensorProto::INT64, {"N"});
  m.graph.output("p", ::onnx::TensorProto::FLOAT, {"N", "2"});
  expect_near(answer(m, floats({1, 2}, {0.5F, 0.5F}), "p"), {1 - logistic(-3.5F), logistic(-3.5F)});
}

TEST(Workarounds, an_identity_transpose_before_a_gemm_changes_nothing) {
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"2", "2"});
  m.graph.node("Transpose", "t", {"x"}).set("perm", Ints{0, 1});
  m.graph.node("Gemm", "y",
               {"t", m.graph.constant("w", Floats{1, 0, 0, 1}, {2, 2}),
                m.graph.constant("b", Floats{0, 0}, {2})});
  m.graph.output("y", ::onnx::TensorProto::FLOAT, {"2", "2"});
  expect_near(answer(m, floats({2, 2}, {1, 2, 3, 4}), "y"), {1, 2, 3, 4});
}

TEST(Workarounds, fractions_cast_to_integer_and_boolean_are_truncated_first) {
  for (const auto type : {::onnx::TensorProto::INT64, ::onnx::TensorProto::INT8}) {
    for (const bool between : {false, true}) {
      Model m(13);
      m.graph.input("x", ::onnx::TensorProto::FLOAT, {"3"});
      m.graph.node("Cast", "i", {"x"}).set("to", std::int64_t{type});
      if (between) m.graph.node("Identity", "j", {"i"});
      m.graph.node("Cast", "t", {between ? "j" : "i"})
          .set("to", std::int64_t{::onnx::TensorProto::BOOL});
      m.graph.node("Cast", "y", {"t"}).set("to", std::int64_t{::onnx::TensorProto::FLOAT});
      m.graph.output("y", ::onnx::TensorProto::FLOAT, {"3"});
      expect_near(answer(m, floats({3}, {0.3F, 1.5F, -2}), "y"), {0, 1, 1});
    }
  }
}

TEST(Workarounds, trees_with_another_aggregate_than_sum_only_cause_a_warning) {
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"N", "1"});
  m.graph.node("TreeEnsembleRegressor", "y", {"x"}, onnx::kMlDomain)
      .set("aggregate_function", "MIN")
      .set("n_targets", std::int64_t{1})
      .set("nodes_falsenodeids", Ints{2, 0, 0})
      .set("nodes_featureids", Ints{0, 0, 0})
      .set("nodes_modes", std::vector<std::string>{"BRANCH_EQ", "LEAF", "LEAF"})
      .set("nodes_nodeids", Ints{0, 1, 2})
      .set("nodes_treeids", Ints{0, 0, 0})
      .set("nodes_truenodeids", Ints{1, 0, 0})
      .set("nodes_values", Floats{0, 0, 0})
      .set("target_ids", Ints{0, 0})
      .set("target_nodeids", Ints{1, 2})
      .set("target_treeids", Ints{0, 0})
      .set("target_weights", Floats{1, 2});
  m.graph.output("y", ::onnx::TensorProto::FLOAT, {"N", "1"});
  const Workarounds found = workarounds_for(m.proto.SerializeAsString());
  EXPECT_EQ(found.doubts.size(), 1);
  if (found.graph) {
    EXPECT_EQ(found.graph->find("BRANCH_LEQ"), std::string::npos);
  }
}

TEST(Workarounds, other_graphs_are_not_changed) {
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"1", "1", "3", "3"});
  m.graph.node("MaxPool", "y", {"x"}).set("kernel_shape", Ints{2, 2}).set("pads", Ints{1, 1, 1, 1});
  m.graph.output("y", ::onnx::TensorProto::FLOAT, {"1", "1", "4", "4"});
  const Workarounds found = workarounds_for(m.proto.SerializeAsString());
  EXPECT_EQ(found.disabled_passes, "");
  EXPECT_FALSE(found.graph.has_value());
  EXPECT_TRUE(found.doubts.empty());
}

/// A classifier with the default output of skl2onnx: a sequence of maps.
Model zipped_classifier() {
  Model m = tree_classifier(-1, 1);
  m.graph.node("ZipMap", "z", {"p"}, onnx::kMlDomain, {"maps"})
      .set("classlabels_strings", std::vector<std::string>{"no", "yes"});
  m.proto.mutable_graph()->mutable_output()->RemoveLast();
  auto* output = m.proto.mutable_graph()->add_output();
  output->set_name("maps");
  auto* map =
      output->mutable_type()->mutable_sequence_type()->mutable_elem_type()->mutable_map_type();
  map->set_key_type(::onnx::TensorProto::STRING);
  map->mutable_value_type()->mutable_tensor_type()->set_elem_type(::onnx::TensorProto::FLOAT);
  return m;
}

TEST(ZipMap, is_replaced_by_its_input_tensor) {
  const Model m = zipped_classifier();
  const auto opened = open_runtime_tensors(m.proto.SerializeAsString(), "t");
  ASSERT_EQ(opened->outputs().size(), 2);
  EXPECT_EQ(opened->outputs()[1].name, "maps");
  EXPECT_EQ(opened->outputs()[1].shape, (Ints{-1, 2}));
  EXPECT_EQ(opened->outputs()[1].labels, (std::vector<std::string>{"no", "yes"}));
  EXPECT_TRUE(opened->warnings().empty());
  expect_near(values_of(opened->run({floats({1, 1}, {1})})[1]), {1 - logistic(1), logistic(1)});
}

TEST(ZipMap, other_outputs_that_are_not_tensors_cause_a_warning) {
  Model m(13);
  m.graph.input("x", ::onnx::TensorProto::FLOAT, {"2"});
  m.graph.node("Identity", "y", {"x"});
  m.graph.node("SequenceConstruct", "parts", {"x", "x"});
  m.graph.output("y", ::onnx::TensorProto::FLOAT, {"2"});
  auto* output = m.proto.mutable_graph()->add_output();
  output->set_name("parts");
  output->mutable_type()
      ->mutable_sequence_type()
      ->mutable_elem_type()
      ->mutable_tensor_type()
      ->set_elem_type(::onnx::TensorProto::FLOAT);
  const auto opened = open_runtime_tensors(m.proto.SerializeAsString(), "t");
  ASSERT_EQ(opened->warnings().size(), 1);
  EXPECT_NE(opened->warnings()[0].find("'parts' (a sequence)"), std::string::npos);
}

}  // namespace
}  // namespace vitrine::engine
