#include "engine/ort/zip_map.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

#include "onnx/graph_view.h"

namespace vitrine::engine {
namespace {

std::vector<std::string> labels_of(const ::onnx::NodeProto& node) {
  std::vector<std::string> labels;
  if (const auto* names = onnx::find_attribute(node, "classlabels_strings")) {
    labels.assign(names->strings().begin(), names->strings().end());
  }
  for (const std::int64_t label : onnx::integers(node, "classlabels_int64s")) {
    labels.push_back(std::to_string(label));
  }
  return labels;
}

/// Imports the standard domain for Identity, if a graph of only ai.onnx.ml operators does not.
void import_standard_operators(::onnx::ModelProto& model) {
  const auto standard = [](const ::onnx::OperatorSetIdProto& one) {
    return one.domain().empty() || one.domain() == "ai.onnx";
  };
  if (std::ranges::any_of(model.opset_import(), standard)) return;
  auto* added = model.add_opset_import();
  added->set_domain("");
  added->set_version(13);
}

}  // namespace

std::optional<UnzippedGraph> without_zip_maps(std::string_view bytes) {
  if (bytes.find("ZipMap") == std::string_view::npos) return std::nullopt;
  ::onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  UnzippedGraph out;
  for (::onnx::NodeProto& node : *model.mutable_graph()->mutable_node()) {
    if (node.op_type() != "ZipMap" || node.input_size() != 1 || node.output_size() != 1) continue;
    auto& outputs = *model.mutable_graph()->mutable_output();
    const auto output = std::ranges::find(outputs, node.output(0), &::onnx::ValueInfoProto::name);
    if (output == outputs.end()) continue;
    const auto& labels = out.labels[node.output(0)] = labels_of(node);
    auto* type = output->mutable_type()->mutable_tensor_type();  // replaces the sequence type
    type->set_elem_type(::onnx::TensorProto::FLOAT);
    type->mutable_shape()->add_dim()->set_dim_param("N");
    auto* classes = type->mutable_shape()->add_dim();
    if (!labels.empty()) classes->set_dim_value(static_cast<std::int64_t>(labels.size()));
    node.set_op_type("Identity");
    node.set_domain("");
    node.clear_attribute();
  }
  if (out.labels.empty()) return std::nullopt;
  import_standard_operators(model);
  out.bytes = model.SerializeAsString();
  return out;
}

}  // namespace vitrine::engine
