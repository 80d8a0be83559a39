// Reads an ONNX graph: the attributes of a node, who computes a value, what an output needs. Views
// of protobuf messages, which must outlive them. All functions are thread-safe.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vitrine::onnx {

/// The attribute of that name; nullptr if the node has none.
const ::onnx::AttributeProto* find_attribute(const ::onnx::NodeProto& node, std::string_view name);

// The value of an attribute; `otherwise` or an empty list if the node has none. An attribute of
// another type has the value 0 or is empty.
std::int64_t integer(const ::onnx::NodeProto& node, std::string_view name, std::int64_t otherwise);
float number(const ::onnx::NodeProto& node, std::string_view name, float otherwise);
std::string text(const ::onnx::NodeProto& node, std::string_view name);
std::vector<std::int64_t> integers(const ::onnx::NodeProto& node, std::string_view name,
                                   std::vector<std::int64_t> otherwise = {});
std::vector<float> numbers(const ::onnx::NodeProto& node, std::string_view name);
std::vector<std::string> texts(const ::onnx::NodeProto& node, std::string_view name);

/// The only node of that type; nullptr if there is none or more than one.
const ::onnx::NodeProto* only_node(const ::onnx::GraphProto& graph, std::string_view type);

/// The padding at the begin and the end of an axis by auto_pad SAME_UPPER, or SAME_LOWER, which
/// puts the odd one first: the output then has size / stride elements, rounded up.
std::pair<std::int64_t, std::int64_t> same_padding(std::int64_t size, std::int64_t kernel,
                                                   std::int64_t stride, std::int64_t dilation,
                                                   bool upper);

/// The values of a graph by name, without those of subgraphs (branches, loop bodies).
class GraphView {
 public:
  explicit GraphView(const ::onnx::GraphProto& graph);

  /// The node that computes a value; nullptr for inputs, initializers and unknown names.
  const ::onnx::NodeProto* maker(const std::string& value) const;
  const ::onnx::TensorProto* initializer(const std::string& value) const;
  /// The graph's inputs that are not initializers, in order.
  std::vector<const ::onnx::ValueInfoProto*> inputs() const;
  /// The nodes on which `value` depends.
  std::set<const ::onnx::NodeProto*> needed_by(const std::string& value) const;

 private:
  const ::onnx::GraphProto* graph_;
  std::map<std::string, const ::onnx::NodeProto*> makers_;
  std::map<std::string, const ::onnx::TensorProto*> initializers_;
};

}  // namespace vitrine::onnx
