#include "model/model_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/table/csv.h"
#include "data/table/schema_inference.h"
#include "model/table_graph.h"

namespace vitrine::model {
namespace {

data::TableSchema small_schema() {
  std::string text = "label,kind,y\n";
  for (int i = 0; i < 60; ++i) {
    text += (i % 10 == 0 ? "" : std::to_string(i % 7)) + (i % 2 ? ",Red Apple," : ",blue,") +
            (i % 3 ? "no\n" : "yes\n");
  }
  std::vector<data::Warning> warnings;
  return data::infer_schema(data::read_csv(text, "t"), {.target = "y"}, warnings);
}

Card small_card() {
  Card card;
  card.algorithm = "logistic";
  card.schema = small_schema();
  return card;
}

::onnx::ModelProto small_graph(const Card& card) {
  const FeatureLayout layout = lay_out_features(card.schema, true);
  LinearModel linear;
  linear.weights = {std::vector<double>(layout.size, 0.5)};
  linear.bias = {0.125};
  linear.imputed = linear.offset = {1};
  linear.scale = {2};
  return build_table_graph(card.schema, layout, linear, card.threshold);
}

TEST(ModelFile, is_the_same_after_saving_and_reading) {
  const Card card = small_card();
  const std::string bytes = serialise_model(small_graph(card), card);
  EXPECT_EQ(bytes, serialise_model(small_graph(card), card));
  const ModelFile file = parse_model(bytes, "m");
  ASSERT_TRUE(file.card);
  EXPECT_EQ(to_json(*file.card).dump(), to_json(card).dump());
}

TEST(ModelFile, input_names_differ_from_output_names) {
  EXPECT_EQ(graph_input_names(small_schema())[0], "label_");
}

TEST(ModelFile, changes_of_card_or_graph_are_detected) {
  const Card card = small_card();
  const std::string bytes = serialise_model(small_graph(card), card);
  ::onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(bytes));
  ::onnx::ModelProto other = model;
  other.mutable_graph()->mutable_node(0)->set_name("x");
  EXPECT_THROW(parse_model(other.SerializeAsString(), "m"), Error);
  other = model;
  auto* text = other.mutable_metadata_props(0)->mutable_value();
  text->replace(text->find("0.5"), 3, "0.9");
  EXPECT_THROW(parse_model(other.SerializeAsString(), "m"), Error);
}

TEST(ModelFile, another_order_of_fields_is_not_a_change) {
  const Card card = small_card();
  const std::string bytes = serialise_model(small_graph(card), card);
  ::onnx::ModelProto model;
  ASSERT_TRUE(model.ParseFromString(bytes));
  ::onnx::ModelProto metadata, rest = model;
  *metadata.mutable_metadata_props() = model.metadata_props();
  rest.clear_metadata_props();
  EXPECT_TRUE(parse_model(metadata.SerializeAsString() + rest.SerializeAsString(), "m").card);
  EXPECT_THROW(parse_model(std::string("\xA5\x06\x01\x02\x03\x04") + bytes, "m"),
               Error);              // a field that ONNX does not have
  ::onnx::ModelProto node = model;  // a graph in two parts, which protobuf merges
  auto* moved = node.mutable_graph()->mutable_node();
  ::onnx::ModelProto last;
  *last.mutable_graph()->add_node() = moved->at(moved->size() - 1);
  moved->RemoveLast();
  EXPECT_TRUE(parse_model(node.SerializeAsString() + last.SerializeAsString(), "m").card);
}

TEST(ModelFile, damage_at_any_byte_never_crashes) {
  const Card card = small_card();
  const std::string bytes = serialise_model(small_graph(card), card);
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    for (const std::string& text : {damaged, bytes.substr(0, at)}) {
      try {
        parse_model(text, "m");
      } catch (const Error& error) {
        EXPECT_EQ(error.kind, ErrorKind::bad_model);
      }
    }
  }
}

TEST(ModelFile, tensors_in_other_files_are_rejected_everywhere_in_the_graph) {
  const auto outside = [](::onnx::TensorProto* tensor) {
    tensor->set_name("w");
    tensor->set_data_type(::onnx::TensorProto::FLOAT);
    tensor->set_data_location(::onnx::TensorProto::EXTERNAL);
    auto* entry = tensor->add_external_data();
    entry->set_key("location");
    entry->set_value("../secret.bin");
  };
  const auto refused = [](const ::onnx::ModelProto& model) {
    try {
      parse_model(model.SerializeAsString(), "m");
      return false;
    } catch (const Error& error) {
      return error.kind == ErrorKind::bad_model &&
             error.message.find("another file") != std::string::npos;
    }
  };
  ::onnx::ModelProto model;
  model.mutable_graph()->add_node()->set_op_type("Identity");
  EXPECT_FALSE(refused(model));
  ::onnx::ModelProto initializer = model;
  outside(initializer.mutable_graph()->add_initializer());
  EXPECT_TRUE(refused(initializer));
  ::onnx::ModelProto attribute = model;
  outside(attribute.mutable_graph()->mutable_node(0)->add_attribute()->mutable_t());
  EXPECT_TRUE(refused(attribute));
  ::onnx::ModelProto inner = model;
  outside(inner.mutable_graph()->mutable_node(0)->add_attribute()->mutable_g()->add_initializer());
  EXPECT_TRUE(refused(inner));
  ::onnx::ModelProto function = model;
  outside(function.add_functions()->add_node()->add_attribute()->mutable_t());
  EXPECT_TRUE(refused(function));
}

TEST(ModelFile, other_files_are_rejected) {
  EXPECT_THROW(parse_model("", "m"), Error);
  EXPECT_THROW(parse_model("a,b\n1,2\n", "m"), Error);
  EXPECT_THROW(read_model("/"), Error);
}

}  // namespace
}  // namespace vitrine::model
