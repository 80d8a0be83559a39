// Finds the parts of a graph that ONNX Runtime 1.21 computes wrongly. Numbers are issues of
// microsoft/onnxruntime; ARCHITECTURE.md has the table.
// - Wrong passes of the optimiser: the first group of functions finds graphs that a pass would
//   harm; disabled_passes() lists these passes.
// - Wrong kernels: the second group finds the nodes; Rewriter replaces them by equivalent nodes.
// - What can't be worked around becomes a warning (doubts_about).
#include "engine/ort/workarounds.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <set>

#include "base/error.h"
#include "onnx/graph_builder.h"
#include "onnx/graph_view.h"
#include "onnx/outline.h"

namespace vitrine::engine {
namespace {

using Node = ::onnx::NodeProto;

using onnx::find_attribute;
using onnx::integer;
using onnx::text;

::onnx::AttributeProto& attribute(Node& node, std::string_view name,
                                  ::onnx::AttributeProto::AttributeType type) {
  for (auto& one : *node.mutable_attribute()) {
    if (one.name() == name) return one;
  }
  auto* added = node.add_attribute();
  added->set_name(std::string(name));
  added->set_type(type);
  return *added;
}

bool is(const Node& node, std::initializer_list<std::string_view> types) {
  return std::ranges::find(types, node.op_type()) != types.end();
}

/// A graph with its values by name. `all()` returns all nodes, also those of branches, loop bodies
/// and functions.
class Graph {
 public:
  explicit Graph(const ::onnx::ModelProto& model) : model_(model) {
    collect(model.graph());
    for (const auto& function : model.functions()) {
      for (const Node& node : function.node()) collect(node);
    }
  }

  const auto& nodes() const { return model_.graph().node(); }
  const std::vector<const Node*>& all() const { return all_; }
  std::int64_t opset() const { return onnx::opset_of(model_); }
  bool has(std::initializer_list<std::string_view> types) const {
    return std::ranges::any_of(all_, [&](const Node* node) { return is(*node, types); });
  }

  /// The node that computes an input; Identity nodes are skipped.
  const Node* maker_of(const Node& node, int input) const {
    return find(makers_, source_of(node, input));
  }
  /// The tensor of an input that is an initializer or a Constant; null for other values.
  const ::onnx::TensorProto* constant(const Node& node, int input) const {
    const std::string source = source_of(node, input);
    if (const auto* found = find(initializers_, source)) return found;
    const Node* maker = find(makers_, source);
    if (maker == nullptr || maker->op_type() != "Constant") return nullptr;
    const auto* value = find_attribute(*maker, "value");
    return value == nullptr ? nullptr : &value->t();
  }

 private:
  template <typename Map>
  static typename Map::mapped_type find(const Map& map, const std::string& name) {
    const auto found = map.find(name);
    return found == map.end() ? nullptr : found->second;
  }
  /// The name of an input before Identity nodes renamed it; empty if there is no such input.
  std::string source_of(const Node& node, int input) const {
    std::string name = input < node.input_size() ? node.input(input) : std::string();
    const Node* maker = find(makers_, name);
    for (std::size_t i = 0; i < all_.size() && maker != nullptr; ++i) {
      if (maker->op_type() != "Identity" || maker->input_size() != 1) break;
      name = maker->input(0);
      maker = find(makers_, name);
    }
    return name;
  }
  void collect(const ::onnx::GraphProto& graph) {
    for (const auto& one : graph.initializer()) initializers_[one.name()] = &one;
    for (const Node& node : graph.node()) collect(node);
  }
  void collect(const Node& node) {
    all_.push_back(&node);
    for (const std::string& output : node.output()) makers_[output] = &node;
    for (const auto& one : node.attribute()) {
      if (one.has_g()) collect(one.g());
    }
  }

  const ::onnx::ModelProto& model_;
  std::vector<const Node*> all_;
  std::map<std::string, const Node*> makers_;
  std::map<std::string, const ::onnx::TensorProto*> initializers_;
};

// --- passes of the optimiser

/// 24737, 21556: a Pad before a pool is fused into it, although the pool pads with minus infinity
/// or counts pads differently. Other passes may remove nodes between the two first.
bool pads_before_pool(const Graph& graph) {
  return graph.has({"Pad"}) && graph.has({"MaxPool", "AveragePool"});
}

/// 32228, 32417: a Transpose that changes nothing is fused into a Gemm as a real transpose.
bool transposes_nothing(const Graph& graph) {
  return std::ranges::any_of(graph.all(), [](const Node* node) {
    const auto* perm = node->op_type() == "Transpose" ? find_attribute(*node, "perm") : nullptr;
    return perm != nullptr && std::ranges::is_sorted(perm->ints());
  });
}

/// 24492: a product with a single number of higher rank loses leading dimensions of size 1. Such a
/// number may be computed from constants, which the optimiser folds first.
bool scales_by_deep_number(const Graph& graph) {
  const auto may_be_deep = [&](const Node& node, int input) {
    const auto* tensor = graph.constant(node, input);
    if (tensor != nullptr) {
      return tensor->dims_size() > 2 &&
             std::ranges::all_of(tensor->dims(), [](auto size) { return size == 1; });
    }
    const Node* maker = graph.maker_of(node, input);
    return maker != nullptr &&
           is(*maker, {"Cast", "Unsqueeze", "Squeeze", "Reshape", "Expand", "ConstantOfShape"}) &&
           graph.constant(*maker, 0) != nullptr;
  };
  return std::ranges::any_of(graph.all(), [&](const Node* node) {
    return is(*node, {"Mul", "Div"}) && (may_be_deep(*node, 0) || may_be_deep(*node, 1));
  });
}

/// Related to 32603: a layer normalisation written as single operators gets another epsilon, unless
/// its epsilon is a constant and the second operand.
bool has_other_epsilon(const Graph& graph) {
  return std::ranges::any_of(graph.all(), [&](const Node* node) {
    if (node->op_type() != "Sqrt") return false;
    const Node* before = graph.maker_of(*node, 0);
    return before != nullptr && before->op_type() == "Add" && graph.constant(*before, 1) == nullptr;
  });
}

std::optional<std::vector<float>> floats_of(const ::onnx::TensorProto* tensor) {
  if (tensor == nullptr || tensor->data_type() != ::onnx::TensorProto::FLOAT) return std::nullopt;
  if (!tensor->has_raw_data()) {
    if (tensor->float_data().empty())
      return std::nullopt;  // the outline does not have the data of large tensors
    return std::vector<float>(tensor->float_data().begin(), tensor->float_data().end());
  }
  std::vector<float> out(tensor->raw_data().size() / sizeof(float));
  std::memcpy(out.data(), tensor->raw_data().data(), out.size() * sizeof(float));
  return out;
}

/// 24711, 28130: a quantized Conv or Gemm is fused although its bias has another scale than its
/// products, or its products are scaled (alpha).
bool quantizes_bias_otherwise(const Graph& graph) {
  const auto scale = [&](const Node& node, int input) -> std::optional<std::vector<float>> {
    const Node* maker = graph.maker_of(node, input);
    if (maker == nullptr || maker->op_type() != "DequantizeLinear") return std::nullopt;
    return floats_of(graph.constant(*maker, 1));
  };
  return std::ranges::any_of(graph.all(), [&](const Node* one) {
    const Node& node = *one;
    if (!is(node, {"Conv", "Gemm"})) return false;
    const Node* bias_maker = graph.maker_of(node, 2);
    if (bias_maker == nullptr || bias_maker->op_type() != "DequantizeLinear") return false;
    const auto* alpha = find_attribute(node, "alpha");
    if (alpha != nullptr && alpha->f() != 1) return true;
    const auto x = scale(node, 0), w = scale(node, 1), bias = scale(node, 2);
    if (!x || !w || !bias || x->size() != 1 || w->empty()) return true;  // unknown: assume so
    for (std::size_t i = 0; i < bias->size(); ++i) {
      const float product = (*x)[0] * (*w)[w->size() == 1 ? 0 : std::min(i, w->size() - 1)];
      if (std::abs((*bias)[i] - product) > 0.01F * std::abs(product)) return true;
    }
    return false;
  });
}

std::string disabled_passes(const Graph& graph, bool pads) {
  std::string out;
  const auto disable = [&](bool met, std::string_view names) {
    if (met) out += (out.empty() ? "" : ";") + std::string(names);
  };
  disable(pads || pads_before_pool(graph), "Pad_Fusion");
  disable(transposes_nothing(graph), "GemmTransposeFusion");
  disable(scales_by_deep_number(graph), "MatMulScaleFusion;DivMulFusion");
  disable(has_other_epsilon(graph),
          "LayerNormFusionL1;LayerNormFusionL2;SimplifiedLayerNormFusion");
  disable(quantizes_bias_otherwise(graph), "QDQSelectorActionTransformer");
  return out;
}

// --- kernels

/// 29629, 26708: an AveragePool that counts its pads, with ceil_mode or with unequal pads.
bool averages_wrongly(const Node& node, std::int64_t opset) {
  if (node.op_type() != "AveragePool" || integer(node, "count_include_pad", 0) == 0) return false;
  if (opset < 19) return integer(node, "ceil_mode", 0) != 0;
  const auto* pads = find_attribute(node, "pads");
  const std::string automatic = text(node, "auto_pad");
  if (automatic.starts_with("SAME")) return true;
  return pads != nullptr &&
         std::ranges::any_of(pads->ints(), [&](auto one) { return one != pads->ints(0); });
}

bool is_ensemble(const Node& node) {
  return is(node, {"TreeEnsembleClassifier", "TreeEnsembleRegressor"});
}

bool adds_its_trees(const Node& node) {
  const std::string how = text(node, "aggregate_function");
  return how.empty() || how == "SUM";
}

/// 27533: with two classes, if only the first has leaves and none is below 0, the logistic function
/// is left out. 24636: trees with only equality tests reach wrong leaves.
bool is_wrong_ensemble(const Node& node) {
  if (!is_ensemble(node)) return false;
  if (const auto* modes = find_attribute(node, "nodes_modes")) {
    const auto branch = [](const std::string& mode) { return mode != "LEAF"; };
    const auto equality = [](const std::string& mode) {
      return mode == "LEAF" || mode == "BRANCH_EQ";
    };
    if (std::ranges::any_of(modes->strings(), branch) &&
        std::ranges::all_of(modes->strings(), equality)) {
      return true;
    }
  }
  const auto* ids = find_attribute(node, "class_ids");
  const auto* weights = find_attribute(node, "class_weights");
  if (ids == nullptr || weights == nullptr || text(node, "post_transform") != "LOGISTIC") {
    return false;
  }
  const std::set<std::int64_t> different(ids->ints().begin(), ids->ints().end());
  return different == std::set<std::int64_t>{0} &&
         std::ranges::all_of(weights->floats(), [](float one) { return one >= 0; });
}

/// 26596: the logistic function of one target is skipped, and that of any linear regression.
bool skips_logistic(const Node& node) {
  if (text(node, "post_transform") != "LOGISTIC") return false;
  if (node.op_type() == "LinearRegressor") return true;
  return node.op_type() == "TreeEnsembleRegressor" && integer(node, "n_targets", 1) == 1;
}

/// One row of coefficients for two classes: ONNX Runtime returns [1 - score, score].
bool has_one_row(const Node& node) {
  const auto* intercepts = find_attribute(node, "intercepts");
  const auto classes = [&](std::string_view name) {
    const auto* one = find_attribute(node, name);
    return one == nullptr ? 0 : std::max(one->ints_size(), one->strings_size());
  };
  return node.op_type() == "LinearClassifier" && text(node, "post_transform") == "LOGISTIC" &&
         intercepts != nullptr && intercepts->floats_size() == 1 &&
         std::max(classes("classlabels_ints"), classes("classlabels_strings")) == 2;
}

/// 13418: of the casts float -> integer -> boolean, the first is dropped.
bool casts_twice(const Graph& graph, const Node& node) {
  if (node.op_type() != "Cast" || integer(node, "to", 0) != ::onnx::TensorProto::BOOL) return false;
  const Node* before = graph.maker_of(node, 0);
  if (before == nullptr || before->op_type() != "Cast") return false;
  using Type = ::onnx::TensorProto;
  constexpr std::array<std::int64_t, 8> kIntegers{Type::INT8,   Type::INT16, Type::INT32,
                                                  Type::INT64,  Type::UINT8, Type::UINT16,
                                                  Type::UINT32, Type::UINT64};
  return std::ranges::find(kIntegers, integer(*before, "to", 0)) != kIntegers.end();
}

bool is_wrong(const Graph& graph, const Node& node) {
  return averages_wrongly(node, graph.opset()) || is_wrong_ensemble(node) || skips_logistic(node) ||
         has_one_row(node) || casts_twice(graph, node);
}

bool needs_rewriting(const Graph& graph) {
  return std::ranges::any_of(graph.nodes(),
                             [&](const Node& node) { return is_wrong(graph, node); });
}

/// Adds a tree of one node and two leaves of -1e-30, which do not change a sum of floats. With it
/// the ensemble has another test than equality and a leaf below 0, which avoids both bugs.
void add_idle_tree(Node& node) {
  using Attribute = ::onnx::AttributeProto;
  const bool classifies = node.op_type() == "TreeEnsembleClassifier";
  std::int64_t tree = 0;
  for (const auto id : find_attribute(node, "nodes_treeids")->ints()) {
    tree = std::max(tree, id + 1);
  }
  const auto add_ints = [&](std::string_view name, std::initializer_list<std::int64_t> values,
                            bool always = true) {
    if (!always && find_attribute(node, name) == nullptr) return;
    for (const auto value : values) attribute(node, name, Attribute::INTS).add_ints(value);
  };
  const auto add_floats = [&](std::string_view name, std::initializer_list<float> values,
                              bool always = true) {
    if (!always && find_attribute(node, name) == nullptr) return;
    for (const auto value : values) attribute(node, name, Attribute::FLOATS).add_floats(value);
  };
  add_ints("nodes_treeids", {tree, tree, tree});
  add_ints("nodes_nodeids", {0, 1, 2});
  add_ints("nodes_featureids", {0, 0, 0});
  add_ints("nodes_truenodeids", {1, 0, 0});
  add_ints("nodes_falsenodeids", {2, 0, 0});
  add_ints("nodes_missing_value_tracks_true", {0, 0, 0}, false);
  add_floats("nodes_values", {0, 0, 0});
  add_floats("nodes_hitrates", {1, 1, 1}, false);
  for (const char* mode : {"BRANCH_LEQ", "LEAF", "LEAF"}) {
    attribute(node, "nodes_modes", Attribute::STRINGS).add_strings(mode);
  }
  const std::string kind = classifies ? "class_" : "target_";
  const std::int64_t id = find_attribute(node, kind + "ids")->ints(0);
  add_ints(kind + "treeids", {tree, tree});
  add_ints(kind + "nodeids", {1, 2});
  add_ints(kind + "ids", {id, id});
  add_floats(kind + "weights", {-1e-30F, -1e-30F});
}

void write_both_rows(Node& node) {
  for (const char* name : {"coefficients", "intercepts"}) {
    auto& values = *attribute(node, name, ::onnx::AttributeProto::FLOATS).mutable_floats();
    std::vector<float> both;
    for (const float one : values) both.push_back(-one);
    both.insert(both.end(), values.begin(), values.end());
    values.Assign(both.begin(), both.end());
  }
}

/// Writes the nodes of a graph again, some of them with additional nodes before or after them.
class Rewriter {
 public:
  explicit Rewriter(::onnx::ModelProto& model) : model_(model), opset_(onnx::opset_of(model)) {}

  void run() {
    const ::onnx::ModelProto before = model_;
    const Graph graph(before);
    model_.mutable_graph()->clear_node();
    for (const Node& node : graph.nodes()) {
      if (averages_wrongly(node, opset_)) {
        write_pads_out(node);
      } else if (casts_twice(graph, node)) {
        keep_both_casts(node);
      } else {
        write_ml(node);
      }
    }
  }

 private:
  Node& add(const Node& node) { return *model_.mutable_graph()->add_node() = node; }
  std::string new_name() { return "V.workaround." + std::to_string(names_++); }

  /// Replaces the pads by a Pad node, whose zeros the pool counts as ordinary values; elements
  /// beyond the padded input are not counted.
  void write_pads_out(const Node& node) {
    Node pool = node;
    const auto* found = find_attribute(node, "pads");
    const std::string automatic = text(node, "auto_pad");
    if (automatic.starts_with("SAME")) {  // the pads depend on the input size
      add(node);
      return;
    }
    std::vector<std::int64_t> pads;
    if (found != nullptr) pads.assign(found->ints().begin(), found->ints().end());
    auto& attributes = *pool.mutable_attribute();
    attributes.erase(std::remove_if(attributes.begin(), attributes.end(),
                                    [](const auto& one) {
                                      return one.name() == "pads" ||
                                             one.name() == "count_include_pad";
                                    }),
                     attributes.end());
    if (std::ranges::any_of(pads, [](auto one) { return one != 0; })) {
      std::vector<std::int64_t> all(2, 0);  // no pads for batch and channels
      const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2);
      all.insert(all.end(), pads.begin(), middle);
      all.insert(all.end(), 2, 0);
      all.insert(all.end(), middle, pads.end());
      Node pad;
      pad.set_op_type("Pad");
      pad.add_input(node.input(0));
      pad.add_output(new_name());
      if (opset_ >= 11) {
        const std::string name = new_name();
        onnx::GraphBuilder(model_.mutable_graph()).constant(name, all);
        pad.add_input(name);
      } else {
        auto& written = attribute(pad, "pads", ::onnx::AttributeProto::INTS);
        for (const auto one : all) written.add_ints(one);
      }
      pool.set_input(0, pad.output(0));
      add(pad);
    }
    add(pool);
  }

  /// Inserts Abs between the casts, so that the first can't be dropped.
  void keep_both_casts(const Node& node) {
    Node positive;
    positive.set_op_type("Abs");
    positive.add_input(node.input(0));
    positive.add_output(new_name());
    add(positive);
    add(node).set_input(0, positive.output(0));
  }

  void write_ml(const Node& node) {
    Node& written = add(node);
    if (has_one_row(node)) write_both_rows(written);
    if (is_wrong_ensemble(node) && adds_its_trees(node)) add_idle_tree(written);
    if (!skips_logistic(node)) return;
    attribute(written, "post_transform", ::onnx::AttributeProto::STRING).set_s("NONE");
    const std::string margin = new_name();
    Node sigmoid;
    sigmoid.set_op_type("Sigmoid");
    sigmoid.add_input(margin);
    sigmoid.add_output(node.output(0));
    written.set_output(0, margin);
    add(sigmoid);
  }

  ::onnx::ModelProto& model_;
  std::int64_t opset_;
  int names_ = 0;
};

std::vector<std::string> doubts_about(const Graph& graph) {
  std::vector<std::string> out;
  std::set<const Node*> outer;
  for (const Node& node : graph.nodes()) outer.insert(&node);
  for (const Node* one : graph.all()) {
    const Node& node = *one;
    const std::string name = "'" + shown(node.name().empty() ? node.output(0) : node.name()) + "'";
    if (averages_wrongly(node, graph.opset()) && text(node, "auto_pad").starts_with("SAME")) {
      out.push_back("ONNX Runtime 1.21 may average the borders of " + name +
                    " wrongly (AveragePool with count_include_pad and auto_pad, "
                    "microsoft/onnxruntime 26708)");
    }
    if (!outer.contains(one) && is_wrong(graph, node)) {
      out.push_back("ONNX Runtime 1.21 may compute " + name + " wrongly (" + node.op_type() +
                    " inside a branch, a loop or a function is not corrected)");
    }
    if (is_wrong_ensemble(node) && !adds_its_trees(node)) {
      out.push_back("ONNX Runtime 1.21 may compute " + name +
                    " wrongly (trees with only equality tests, microsoft/onnxruntime 24636)");
    }
    if (node.op_type() == "SVMClassifier" && text(node, "post_transform") == "LOGISTIC" &&
        find_attribute(node, "prob_a") == nullptr) {
      out.push_back("ONNX Runtime 1.21 returns scores, not probabilities, for " + name +
                    " (SVMClassifier of two classes without prob_a)");
    }
  }
  return out;
}

}  // namespace

Workarounds workarounds_for(std::string_view bytes) {
  Workarounds out;
  ::onnx::ModelProto outline;
  if (!onnx::read_outline(bytes, outline)) return out;
  const Graph graph(outline);
  out.doubts = doubts_about(graph);
  bool pads = false;
  if (needs_rewriting(graph)) {
    ::onnx::ModelProto model;
    if (model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      Rewriter(model).run();
      out.graph = model.SerializeAsString();
      pads = true;  // the rewritten graph may have Pad nodes before pools
    }
  }
  out.disabled_passes = disabled_passes(graph, pads);
  return out;
}

}  // namespace vitrine::engine
