// Builds ONNX graphs with one statement for each node. Not thread-safe.
#pragma once

#include <onnx/onnx_pb.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::onnx {

/// Sets the attributes of one node: `node.set("axis", 1).set(...)`. A view of a node of the graph.
class Node {
 public:
  explicit Node(::onnx::NodeProto* proto) : proto_(proto) {}

  Node& set(std::string_view name, std::int64_t value);
  Node& set(std::string_view name, float value);
  Node& set(std::string_view name, const char* value);
  Node& set(std::string_view name, const std::vector<std::int64_t>& values);
  Node& set(std::string_view name, const std::vector<float>& values);
  Node& set(std::string_view name, const std::vector<std::string>& values);

  /// The name of the node's only output.
  const std::string& output() const { return proto_->output(0); }

 private:
  ::onnx::AttributeProto* add(std::string_view name, ::onnx::AttributeProto::AttributeType type);
  ::onnx::NodeProto* proto_;
};

/// Adds to a graph that the caller owns. A size in `shape` is a number, or a name for a free
/// dimension ("N").
class GraphBuilder {
 public:
  explicit GraphBuilder(::onnx::GraphProto* graph) : graph_(graph) {}

  void input(const std::string& name, ::onnx::TensorProto::DataType type,
             const std::vector<std::string>& shape);
  void output(const std::string& name, ::onnx::TensorProto::DataType type,
              const std::vector<std::string>& shape);

  /// Adds a node. `name` must be unique in the graph; it is also the name of the output if
  /// `outputs` is empty.
  Node node(std::string_view type, const std::string& name, const std::vector<std::string>& inputs,
            std::string_view domain = "", const std::vector<std::string>& outputs = {});

  /// Adds an initializer of one dimension and returns its name, which must be unique.
  std::string constant(const std::string& name, const std::vector<std::int64_t>& values);
  std::string constant(const std::string& name, const std::vector<float>& values);
  std::string constant(const std::string& name, const std::vector<double>& values);
  std::string constant(const std::string& name, const std::vector<std::string>& values);
  /// Adds an initializer of the given shape.
  std::string constant(const std::string& name, const std::vector<float>& values,
                       const std::vector<std::int64_t>& shape);
  std::string constant(const std::string& name, const std::vector<double>& values,
                       const std::vector<std::int64_t>& shape);

 private:
  ::onnx::GraphProto* graph_;
};

/// The opset version of a model's standard operators; 0 if it declares none.
std::int64_t opset_of(const ::onnx::ModelProto& model);

/// The domain of the operators for classical machine learning.
inline constexpr std::string_view kMlDomain = "ai.onnx.ml";

}  // namespace vitrine::onnx
