#include "onnx/outline.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "onnx/graph_builder.h"

namespace vitrine::onnx {
namespace {

/// A graph with weights of each kind: large and small, raw data and numbers, also in a node.
::onnx::ModelProto some_model() {
  ::onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("test");
  auto* graph = model.mutable_graph();
  graph->set_name("g");
  for (const auto& [name, bytes] : {std::pair{"small", 4095}, {"large", 4096}, {"larger", 70001}}) {
    auto* tensor = graph->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(::onnx::TensorProto::UINT8);
    tensor->add_dims(bytes);
    std::string data;
    for (int i = 0; i < bytes; ++i) data += static_cast<char>(i % 251);
    tensor->set_raw_data(data);
    tensor->set_doc_string("behind it");
  }
  auto* numbers = graph->add_initializer();
  numbers->set_name("numbers");
  numbers->set_data_type(::onnx::TensorProto::FLOAT);
  numbers->add_dims(2000);
  for (int i = 0; i < 2000; ++i) numbers->add_float_data(static_cast<float>(i));
  auto* node = graph->add_node();
  node->set_op_type("Constant");
  auto* attribute = node->add_attribute();
  attribute->set_name("value");
  *attribute->mutable_t() = graph->initializer(2);
  auto* entry = model.add_metadata_props();
  entry->set_key("k");
  entry->set_value(std::string(9000, 'v'));
  return model;
}

/// The outline with the raw data restored.
::onnx::ModelProto filled(::onnx::ModelProto outline, std::string_view bytes) {
  for (auto& tensor : *outline.mutable_graph()->mutable_initializer()) {
    if (!tensor.has_segment()) continue;
    tensor.set_raw_data(std::string(raw_data(tensor, bytes)));
    tensor.clear_segment();
  }
  return outline;
}

TEST(Outline, leaves_only_large_weights_in_the_bytes) {
  const ::onnx::ModelProto model = some_model();
  const std::string bytes = model.SerializeAsString();
  ::onnx::ModelProto outline;
  ASSERT_TRUE(read_outline(bytes, outline));
  const auto& weights = outline.graph().initializer();
  EXPECT_TRUE(weights[0].has_raw_data());
  for (const int i : {1, 2}) {
    EXPECT_FALSE(weights[i].has_raw_data());
    EXPECT_TRUE(has_raw_data(weights[i]));
    EXPECT_EQ(raw_data(weights[i], bytes), model.graph().initializer(i).raw_data());
  }
  EXPECT_EQ(weights[3].float_data_size(), 2000);
  EXPECT_TRUE(outline.graph().node(0).attribute(0).t().has_raw_data());
  EXPECT_EQ(filled(outline, bytes).SerializeAsString(), bytes);
}

TEST(Outline, keeps_references_to_external_data) {
  ::onnx::ModelProto model = some_model();
  auto* tensor = model.mutable_graph()->mutable_initializer(1);
  tensor->set_data_location(::onnx::TensorProto::EXTERNAL);
  tensor->add_external_data()->set_key("location");
  ::onnx::ModelProto outline;
  ASSERT_TRUE(read_outline(model.SerializeAsString(), outline));
  EXPECT_EQ(outline.graph().initializer(1).data_location(), ::onnx::TensorProto::EXTERNAL);
  EXPECT_EQ(outline.graph().initializer(1).external_data_size(), 1);
}

TEST(Outline, ignores_segments_in_the_file) {
  ::onnx::ModelProto model = some_model();
  for (const int i : {0, 1, 3}) {
    auto* segment = model.mutable_graph()->mutable_initializer(i)->mutable_segment();
    segment->set_begin(0);
    segment->set_end(1 << 30);
  }
  const std::string bytes = model.SerializeAsString();
  ::onnx::ModelProto outline;
  ASSERT_TRUE(read_outline(bytes, outline));
  EXPECT_FALSE(outline.graph().initializer(0).has_segment());
  EXPECT_FALSE(outline.graph().initializer(3).has_segment());
  EXPECT_EQ(raw_data(outline.graph().initializer(1), bytes),
            model.graph().initializer(1).raw_data());
}

TEST(Outline, returns_no_data_outside_the_bytes) {
  ::onnx::TensorProto tensor;
  for (const auto& [begin, end] :
       {std::pair<std::int64_t, std::int64_t>{0, 11}, {8, 4}, {-1, 4}, {4, -1}, {-8, -4}}) {
    tensor.mutable_segment()->set_begin(begin);
    tensor.mutable_segment()->set_end(end);
    EXPECT_EQ(raw_data(tensor, "0123456789"), "") << begin << " " << end;
  }
  tensor.mutable_segment()->set_begin(2);
  tensor.mutable_segment()->set_end(4);
  EXPECT_EQ(raw_data(tensor, "0123456789"), "23");
}

/// Truncated and corrupted files are read and rejected as by a parse of the whole file.
TEST(Outline, agrees_with_a_whole_parse_on_damaged_files) {
  ::onnx::ModelProto model = some_model();
  model.mutable_graph()->mutable_initializer()->DeleteSubrange(2, 2);  // short
  model.clear_metadata_props();
  const std::string good = model.SerializeAsString();
  Random random(11);
  int both = 0;
  const auto compare = [&](const std::string& bytes) {
    ::onnx::ModelProto whole, outline;
    const bool parsed = whole.ParseFromString(bytes);
    const bool outlined = read_outline(bytes, outline);
    EXPECT_TRUE(parsed || !outlined);
    if (!parsed || !outlined) return;  // or it has a group, which ONNX does not use
    ++both;
    for (auto& tensor : *whole.mutable_graph()->mutable_initializer()) tensor.clear_segment();
    whole.DiscardUnknownFields();
    ::onnx::ModelProto again = filled(outline, bytes);
    again.DiscardUnknownFields();
    EXPECT_EQ(again.SerializeAsString(), whole.SerializeAsString());
  };
  for (std::size_t length = 0; length < good.size(); length += 1 + random.below(40)) {
    compare(good.substr(0, length));
  }
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 3; ++k) {
      const std::size_t far = random.below(2) == 0 ? bytes.size() : 80;  // where the tags are
      const std::size_t at =
          random.below(2) == 0 ? random.below(far) : bytes.size() - 1 - random.below(far);
      bytes[at] = static_cast<char>(random.below(256));
    }
    compare(bytes);
  }
  EXPECT_GT(both, 500);
}

}  // namespace
}  // namespace vitrine::onnx
