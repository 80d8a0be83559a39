#include "model/table_parameters.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "model/features.h"
#include "model/table_graph.h"
#include "onnx/graph_view.h"

namespace vitrine::model {
namespace {

std::vector<float> floats(const ::onnx::NodeProto* node, std::string_view name) {
  if (node == nullptr) return {};
  return onnx::numbers(*node, name);
}

/// The imputation and the scaling of numbers.
LinearModel scaling_of(const ::onnx::GraphProto& graph) {
  LinearModel model;
  for (const ::onnx::NodeProto& one : graph.node()) {
    if (one.op_type() == "Imputer" && one.output_size() == 1 && one.output(0) == "V.imputed") {
      model.imputed = floats(&one, "imputed_value_floats");
    }
  }
  const ::onnx::NodeProto* scaler = onnx::only_node(graph, "Scaler");
  model.offset = floats(scaler, "offset");
  model.scale = floats(scaler, "scale");
  return model;
}

LinearModel linear_of(const ::onnx::GraphProto& graph, const ::onnx::NodeProto& node,
                      std::size_t features, const data::Target& target) {
  LinearModel model = scaling_of(graph);
  model.softmax = onnx::text(node, "post_transform") == "SOFTMAX";
  const std::vector<float> weights = floats(&node, "coefficients");
  const std::vector<float> bias = floats(&node, "intercepts");
  const std::size_t rows = features > 0 ? weights.size() / features : 0;
  // With two classes, row 0 is the negated row 1.
  const std::size_t first = target.task() == data::TaskKind::binary ? 1 : 0;
  for (std::size_t row = first; row < std::min(rows, bias.size()); ++row) {
    const auto begin = weights.begin() + static_cast<std::ptrdiff_t>(row * features);
    model.weights.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(features));
    model.bias.push_back(bias[row]);
  }
  return model;
}

/// Of a graph that computes margins in doubles; nullopt if it has no such weights.
std::optional<LinearModel> linear_in_doubles(const ::onnx::GraphProto& graph,
                                             std::size_t features) {
  const ::onnx::TensorProto* weights = nullptr;
  const ::onnx::TensorProto* bias = nullptr;
  for (const ::onnx::TensorProto& one : graph.initializer()) {
    if (one.data_type() != ::onnx::TensorProto::DOUBLE) continue;
    if (one.name() == "V.weights") weights = &one;
    if (one.name() == "V.bias") bias = &one;
  }
  if (weights == nullptr || bias == nullptr) return std::nullopt;
  LinearModel model = scaling_of(graph);
  model.softmax = onnx::only_node(graph, "Softmax") != nullptr;
  model.bias.assign(bias->double_data().begin(), bias->double_data().end());
  const std::size_t rows = model.bias.size();
  const auto& by_feature = weights->double_data();
  if (static_cast<std::size_t>(by_feature.size()) != features * rows) return std::nullopt;
  for (std::size_t row = 0; row < rows; ++row) {
    auto& its = model.weights.emplace_back();
    for (std::size_t i = 0; i < features; ++i) {
      its.push_back(by_feature[static_cast<int>(i * rows + row)]);
    }
  }
  return model;
}

/// nullopt if the lists of the node have inconsistent lengths.
std::optional<TreeEnsemble> trees_of(const ::onnx::GraphProto& graph, const ::onnx::NodeProto& node,
                                     const data::Target& target) {
  TreeEnsemble ensemble;
  ensemble.margins_are_probabilities =
      !target.number && std::ranges::none_of(graph.node(), [](const ::onnx::NodeProto& one) {
        return one.op_type() == "Sigmoid" || one.op_type() == "Softmax";
      });
  ensemble.base = onnx::numbers(node, "base_values");
  const auto trees = onnx::integers(node, "nodes_treeids");
  const auto features = onnx::integers(node, "nodes_featureids");
  const auto modes = onnx::texts(node, "nodes_modes");
  const auto yes = onnx::integers(node, "nodes_truenodeids");
  const auto no = onnx::integers(node, "nodes_falsenodeids");
  const auto missing = onnx::integers(node, "nodes_missing_value_tracks_true");
  const auto values = onnx::numbers(node, "nodes_values");
  const auto leaves = onnx::numbers(node, "target_weights");
  const auto covers = onnx::numbers(node, "nodes_hitrates");
  const std::size_t count = trees.size();
  for (const std::size_t size :
       {features.size(), modes.size(), yes.size(), no.size(), missing.size(), values.size()}) {
    if (size != count) return std::nullopt;
  }
  if (!covers.empty() && covers.size() != count) return std::nullopt;
  const auto margins = onnx::integers(node, "target_ids");
  const auto leaf_trees = onnx::integers(node, "target_treeids");
  const auto leaf_nodes = onnx::integers(node, "target_nodeids");
  if (leaf_trees.size() != leaves.size() || leaf_nodes.size() != leaves.size()) return std::nullopt;
  std::size_t size_trees = 0;
  std::size_t leaf = 0;
  std::size_t shapes = 1;  // trees that differ from this one only in their leaves, itself included
  for (std::size_t i = 0; i < count; ++i) {
    if (i == 0 || trees[i] != trees[i - 1]) {
      // Trees have numbers in their order; the first leaf says how many values all of them have.
      if (trees[i] != (i == 0 ? 0 : trees[i - 1] + 1)) return std::nullopt;
      shapes = 1;
      while (leaf + shapes < leaves.size() && shapes < ensemble.base.size() &&
             leaf_trees[leaf + shapes] == leaf_trees[leaf] &&
             leaf_nodes[leaf + shapes] == leaf_nodes[leaf]) {
        ++shapes;
      }
      ensemble.trees.resize(ensemble.trees.size() + shapes);
      size_trees += leaf < margins.size() && margins[leaf] == 1 ? 1 : 0;
    }
    Tree::Node out;
    std::size_t of_leaf = 0;
    if (modes[i] == "LEAF") {
      if (leaf + shapes > leaves.size()) return std::nullopt;
      of_leaf = leaf;
      leaf += shapes;
    } else {
      out.feature = static_cast<std::int32_t>(features[i]);
      out.value = values[i];
      out.left = static_cast<std::int32_t>(yes[i]);
      out.right = static_cast<std::int32_t>(no[i]);
      out.missing_left = missing[i] != 0;
    }
    if (!covers.empty()) out.cover = covers[i];
    for (std::size_t k = 0; k < shapes; ++k) {
      if (out.feature < 0) out.value = leaves[of_leaf + k];
      ensemble.trees[ensemble.trees.size() - shapes + k].nodes.push_back(out);
    }
  }
  if (target.number && target.number->has_intervals()) ensemble.size_trees = size_trees;
  return ensemble;
}

/// Trees with more levels are run by ONNX Runtime.
constexpr int kMostLevels = 200;

/// True if the parameters are valid, so that build_table_graph() can be called: consistent sizes;
/// in trees, children come after their parent, each node has one parent, no threshold is NaN.
bool is_sound(const LinearModel& model, const FeatureLayout& layout, const data::Target& target) {
  const std::size_t rows = target.margins();
  if (rows == 1 && model.softmax) return false;  // not allowed by LinearModel
  return model.weights.size() == rows && model.bias.size() == rows &&
         model.imputed.size() == layout.numbers && model.offset.size() == layout.numbers &&
         model.scale.size() == layout.numbers;
}

bool is_sound(const TreeEnsemble& ensemble, const FeatureLayout& layout,
              const data::Target& target) {
  if (ensemble.base.size() != target.margins()) return false;
  for (const Tree& tree : ensemble.trees) {
    const auto size = static_cast<std::int64_t>(tree.nodes.size());
    std::vector<int> level(tree.nodes.size(), -1);  // -1: no parent yet
    if (size > 0) level[0] = 0;
    for (std::int64_t n = 0; n < size; ++n) {
      if (level[static_cast<std::size_t>(n)] < 0) return false;
      const Tree::Node& node = tree.nodes[static_cast<std::size_t>(n)];
      if (node.feature < 0) continue;
      if (static_cast<std::size_t>(node.feature) >= layout.size || node.left <= n ||
          node.left >= size || node.right <= n || node.right >= size || std::isnan(node.value)) {
        return false;
      }
      for (const std::int32_t child : {node.left, node.right}) {
        int& its = level[static_cast<std::size_t>(child)];
        if (its >= 0) return false;
        its = level[static_cast<std::size_t>(n)] + 1;
        if (its > kMostLevels) return false;
      }
    }
  }
  return true;
}

/// True if these parameters build exactly the file's graph.
bool builds(const ::onnx::ModelProto& model, const data::TableSchema& schema,
            const FeatureLayout& layout, const Classifier& classifier, double threshold) {
  const ::onnx::ModelProto again = build_table_graph(schema, layout, classifier, threshold);
  return again.graph().ByteSizeLong() == model.graph().ByteSizeLong() &&
         again.graph().SerializeAsString() == model.graph().SerializeAsString();
}

}  // namespace

std::optional<Classifier> classifier_of_graph(const ::onnx::ModelProto& model,
                                              const data::TableSchema& schema, double threshold) {
  const data::Target& target = schema.target;
  std::optional<Classifier> classifier;
  std::optional<FeatureLayout> layout;
  const char* linear_type = target.number ? "LinearRegressor" : "LinearClassifier";
  if (const auto* node = onnx::only_node(model.graph(), linear_type)) {
    layout = lay_out_features(schema, true);
    LinearModel linear = linear_of(model.graph(), *node, layout->size, target);
    if (is_sound(linear, *layout, target)) classifier = std::move(linear);
  } else if (const auto* trees = onnx::only_node(model.graph(), "TreeEnsembleRegressor")) {
    layout = lay_out_features(schema, false);
    auto ensemble = trees_of(model.graph(), *trees, target);
    if (ensemble && is_sound(*ensemble, *layout, target)) classifier = std::move(*ensemble);
  } else {
    layout = lay_out_features(schema, true);
    auto linear = linear_in_doubles(model.graph(), layout->size);
    if (linear && is_sound(*linear, *layout, target)) classifier = std::move(*linear);
  }
  if (classifier && builds(model, schema, *layout, *classifier, threshold)) return classifier;
  return std::nullopt;
}

}  // namespace vitrine::model
