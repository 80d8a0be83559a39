// A thin layer over onnx::GraphProto: nodes in one line each.
#pragma once

#include <onnx/onnx_pb.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// Sets attributes of one node; chained: `node.set("axis", 1).set(...)`.
class Node {
 public:
  explicit Node(onnx::NodeProto* proto) : proto_(proto) {}

  Node& set(std::string_view name, std::int64_t value);
  Node& set(std::string_view name, float value);
  Node& set(std::string_view name, const char* value);
  Node& set(std::string_view name, const std::vector<std::int64_t>& values);
  Node& set(std::string_view name, const std::vector<float>& values);
  Node& set(std::string_view name, const std::vector<std::string>& values);

  /// The name of the node's only output.
  const std::string& output() const { return proto_->output(0); }

 private:
  onnx::AttributeProto* add(std::string_view name, onnx::AttributeProto::AttributeType type);
  onnx::NodeProto* proto_;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(onnx::GraphProto* graph) : graph_(graph) {}

  void input(const std::string& name, onnx::TensorProto::DataType type,
             const std::vector<std::string>& shape);
  void output(const std::string& name, onnx::TensorProto::DataType type,
              const std::vector<std::string>& shape);

  /// A node with outputs named after it; `name` must be unique in the graph.
  Node node(std::string_view type, const std::string& name, const std::vector<std::string>& inputs,
            std::string_view domain = "", const std::vector<std::string>& outputs = {});

  /// A constant; the same content is stored once per name.
  std::string constant(const std::string& name, const std::vector<std::int64_t>& values);
  std::string constant(const std::string& name, const std::vector<float>& values);
  std::string constant(const std::string& name, const std::vector<double>& values);
  /// The same as a tensor of `shape`.
  std::string constant(const std::string& name, const std::vector<float>& values,
                       const std::vector<std::int64_t>& shape);

 private:
  onnx::GraphProto* graph_;
};

/// The version of a model's standard operators; 0 where it names none.
std::int64_t opset_of(const onnx::ModelProto& model);

/// The domain of the classical operators.
inline constexpr std::string_view kMlDomain = "ai.onnx.ml";

}  // namespace vitrine
