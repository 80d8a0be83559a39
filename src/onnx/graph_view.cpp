#include "onnx/graph_view.h"

#include <algorithm>

namespace vitrine::onnx {

using ::onnx::AttributeProto;
using ::onnx::NodeProto;

const AttributeProto* find_attribute(const NodeProto& node, std::string_view name) {
  const auto found = std::ranges::find(node.attribute(), name, &AttributeProto::name);
  return found == node.attribute().end() ? nullptr : &*found;
}

std::int64_t integer(const NodeProto& node, std::string_view name, std::int64_t otherwise) {
  const AttributeProto* one = find_attribute(node, name);
  return one == nullptr ? otherwise : one->i();
}

float number(const NodeProto& node, std::string_view name, float otherwise) {
  const AttributeProto* one = find_attribute(node, name);
  return one == nullptr ? otherwise : one->f();
}

std::string text(const NodeProto& node, std::string_view name) {
  const AttributeProto* one = find_attribute(node, name);
  return one == nullptr ? "" : one->s();
}

std::vector<std::int64_t> integers(const NodeProto& node, std::string_view name,
                                   std::vector<std::int64_t> otherwise) {
  const AttributeProto* one = find_attribute(node, name);
  if (one == nullptr) return otherwise;
  return {one->ints().begin(), one->ints().end()};
}

std::vector<float> numbers(const NodeProto& node, std::string_view name) {
  const AttributeProto* one = find_attribute(node, name);
  if (one == nullptr) return {};
  return {one->floats().begin(), one->floats().end()};
}

std::vector<std::string> texts(const NodeProto& node, std::string_view name) {
  const AttributeProto* one = find_attribute(node, name);
  if (one == nullptr) return {};
  return {one->strings().begin(), one->strings().end()};
}

const NodeProto* only_node(const ::onnx::GraphProto& graph, std::string_view type) {
  const NodeProto* found = nullptr;
  for (const NodeProto& node : graph.node()) {
    if (node.op_type() != type) continue;
    if (found != nullptr) return nullptr;
    found = &node;
  }
  return found;
}

std::pair<std::int64_t, std::int64_t> same_padding(std::int64_t size, std::int64_t kernel,
                                                   std::int64_t stride, std::int64_t dilation,
                                                   bool upper) {
  const std::int64_t reach = (kernel - 1) * dilation + 1;
  const std::int64_t steps = (size + stride - 1) / stride;
  const std::int64_t all = std::max<std::int64_t>(0, (steps - 1) * stride + reach - size);
  const std::int64_t begin = upper ? all / 2 : all - all / 2;
  return {begin, all - begin};
}

GraphView::GraphView(const ::onnx::GraphProto& graph) : graph_(&graph) {
  for (const auto& tensor : graph.initializer()) initializers_[tensor.name()] = &tensor;
  for (const NodeProto& node : graph.node()) {
    for (const auto& output : node.output()) makers_[output] = &node;
  }
}

const NodeProto* GraphView::maker(const std::string& value) const {
  const auto found = makers_.find(value);
  return found == makers_.end() ? nullptr : found->second;
}

const ::onnx::TensorProto* GraphView::initializer(const std::string& value) const {
  const auto found = initializers_.find(value);
  return found == initializers_.end() ? nullptr : found->second;
}

std::vector<const ::onnx::ValueInfoProto*> GraphView::inputs() const {
  std::vector<const ::onnx::ValueInfoProto*> out;
  for (const auto& input : graph_->input()) {
    if (!initializers_.contains(input.name())) out.push_back(&input);
  }
  return out;
}

std::set<const NodeProto*> GraphView::needed_by(const std::string& value) const {
  std::set<const NodeProto*> needed;
  std::vector<std::string> open{value};
  while (!open.empty()) {
    const NodeProto* node = maker(open.back());
    open.pop_back();
    if (node == nullptr || !needed.insert(node).second) continue;
    for (const auto& input : node->input()) open.push_back(input);
  }
  return needed;
}

}  // namespace vitrine::onnx
