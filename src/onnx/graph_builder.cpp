#include "onnx/graph_builder.h"

namespace vitrine::onnx {
namespace {

using ::onnx::AttributeProto;

void describe(::onnx::ValueInfoProto* info, const std::string& name,
              ::onnx::TensorProto::DataType type, const std::vector<std::string>& shape) {
  info->set_name(name);
  auto* tensor = info->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  for (const std::string& size : shape) {
    auto* dimension = tensor->mutable_shape()->add_dim();
    if (!size.empty() && size.find_first_not_of("0123456789") == std::string::npos) {
      dimension->set_dim_value(std::stoll(size));
    } else {
      dimension->set_dim_param(size);
    }
  }
}

}  // namespace

AttributeProto* Node::add(std::string_view name, AttributeProto::AttributeType type) {
  AttributeProto* attribute = proto_->add_attribute();
  attribute->set_name(std::string(name));
  attribute->set_type(type);
  return attribute;
}

Node& Node::set(std::string_view name, std::int64_t value) {
  add(name, AttributeProto::INT)->set_i(value);
  return *this;
}

Node& Node::set(std::string_view name, float value) {
  add(name, AttributeProto::FLOAT)->set_f(value);
  return *this;
}

Node& Node::set(std::string_view name, const char* value) {
  add(name, AttributeProto::STRING)->set_s(value);
  return *this;
}

Node& Node::set(std::string_view name, const std::vector<std::int64_t>& values) {
  AttributeProto* attribute = add(name, AttributeProto::INTS);
  for (const auto value : values) attribute->add_ints(value);
  return *this;
}

Node& Node::set(std::string_view name, const std::vector<float>& values) {
  AttributeProto* attribute = add(name, AttributeProto::FLOATS);
  for (const float value : values) attribute->add_floats(value);
  return *this;
}

Node& Node::set(std::string_view name, const std::vector<std::string>& values) {
  AttributeProto* attribute = add(name, AttributeProto::STRINGS);
  for (const auto& value : values) attribute->add_strings(value);
  return *this;
}

void GraphBuilder::input(const std::string& name, ::onnx::TensorProto::DataType type,
                         const std::vector<std::string>& shape) {
  describe(graph_->add_input(), name, type, shape);
}

void GraphBuilder::output(const std::string& name, ::onnx::TensorProto::DataType type,
                          const std::vector<std::string>& shape) {
  describe(graph_->add_output(), name, type, shape);
}

Node GraphBuilder::node(std::string_view type, const std::string& name,
                        const std::vector<std::string>& inputs, std::string_view domain,
                        const std::vector<std::string>& outputs) {
  ::onnx::NodeProto* node = graph_->add_node();
  node->set_op_type(std::string(type));
  node->set_name(name);
  if (!domain.empty()) node->set_domain(std::string(domain));
  for (const auto& input : inputs) node->add_input(input);
  for (const auto& output : outputs) node->add_output(output);
  if (outputs.empty()) node->add_output(name);
  return Node(node);
}

std::int64_t opset_of(const ::onnx::ModelProto& model) {
  for (const auto& one : model.opset_import()) {
    if (one.domain().empty() || one.domain() == "ai.onnx") return one.version();
  }
  return 0;
}

namespace {

/// An initializer without values.
::onnx::TensorProto* add_tensor(::onnx::GraphProto* graph, const std::string& name,
                                ::onnx::TensorProto::DataType type,
                                const std::vector<std::int64_t>& shape) {
  ::onnx::TensorProto* tensor = graph->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(type);
  for (const auto size : shape) tensor->add_dims(size);
  return tensor;
}

}  // namespace

std::string GraphBuilder::constant(const std::string& name,
                                   const std::vector<std::int64_t>& values) {
  ::onnx::TensorProto* tensor = add_tensor(graph_, name, ::onnx::TensorProto::INT64,
                                           {static_cast<std::int64_t>(values.size())});
  for (const auto value : values) tensor->add_int64_data(value);
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<float>& values) {
  return constant(name, values, {static_cast<std::int64_t>(values.size())});
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<double>& values) {
  return constant(name, values, {static_cast<std::int64_t>(values.size())});
}

std::string GraphBuilder::constant(const std::string& name,
                                   const std::vector<std::string>& values) {
  ::onnx::TensorProto* tensor = add_tensor(graph_, name, ::onnx::TensorProto::STRING,
                                           {static_cast<std::int64_t>(values.size())});
  for (const std::string& value : values) tensor->add_string_data(value);
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<float>& values,
                                   const std::vector<std::int64_t>& shape) {
  ::onnx::TensorProto* tensor = add_tensor(graph_, name, ::onnx::TensorProto::FLOAT, shape);
  for (const float value : values) tensor->add_float_data(value);
  return name;
}

std::string GraphBuilder::constant(const std::string& name, const std::vector<double>& values,
                                   const std::vector<std::int64_t>& shape) {
  ::onnx::TensorProto* tensor = add_tensor(graph_, name, ::onnx::TensorProto::DOUBLE, shape);
  for (const double value : values) tensor->add_double_data(value);
  return name;
}

}  // namespace vitrine::onnx
