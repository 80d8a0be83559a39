#include "model/backbone.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "onnx/graph_builder.h"
#include "onnx/graph_view.h"

namespace vitrine::model {
namespace {

constexpr const char* kPrefix = "B.";

/// True for weights, and for tensors that are computed only from weights.
bool is_constant(const onnx::GraphView& graph, const std::string& tensor, int depth = 0) {
  if (tensor.empty() || graph.initializer(tensor) != nullptr) return true;
  const ::onnx::NodeProto* node = graph.maker(tensor);
  if (node == nullptr || depth > 20) return false;
  return std::ranges::all_of(
      node->input(), [&](const auto& input) { return is_constant(graph, input, depth + 1); });
}

/// The index of a layer's weights among its inputs; nullopt for other operators. Input 0 is the
/// data.
std::optional<int> weights_place(const std::string& type) {
  if (type == "Gemm" || type == "MatMul" || type == "Conv" || type == "FusedGemm" ||
      type == "FusedConv") {
    return 1;
  }
  if (type == "QLinearConv" || type == "QLinearMatMul" || type == "QGemm") return 3;
  return std::nullopt;
}

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::bad_model, "this network can't be used as a backbone: " + what, where,
              "use a network with one image input (float, fp16 or uint8, [N,3,H,W] or "
              "[N,H,W,3]) that ends in a layer with weights (Gemm, MatMul or Conv)");
}

void prefix_names(::onnx::GraphProto& graph) {
  const auto rename = [](std::string* name) {
    if (!name->empty()) *name = kPrefix + *name;
  };
  for (auto& tensor : *graph.mutable_initializer()) rename(tensor.mutable_name());
  for (auto& tensor : *graph.mutable_sparse_initializer()) {
    rename(tensor.mutable_values()->mutable_name());
  }
  for (auto& info : *graph.mutable_input()) rename(info.mutable_name());
  for (auto& info : *graph.mutable_output()) rename(info.mutable_name());
  graph.clear_value_info();
  graph.clear_quantization_annotation();
  for (auto& node : *graph.mutable_node()) {
    if (!node.name().empty()) rename(node.mutable_name());
    for (auto& input : *node.mutable_input()) rename(&input);
    for (auto& output : *node.mutable_output()) rename(&output);
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) prefix_names(*attribute.mutable_g());
      for (auto& inner : *attribute.mutable_graphs()) prefix_names(inner);
    }
  }
}

/// Reads type, layout and size of the image from the only input that is not an initializer.
void read_input(const onnx::GraphView& graph, const std::string& where, Backbone& out,
                bool& fixed_batch) {
  const auto inputs = graph.inputs();
  if (inputs.empty()) refuse(where, "it has no input");
  if (inputs.size() > 1) refuse(where, "it has more than one input");
  const ::onnx::ValueInfoProto* image = inputs[0];
  const auto& tensor = image->type().tensor_type();
  out.type = static_cast<::onnx::TensorProto::DataType>(tensor.elem_type());
  if (out.type != ::onnx::TensorProto::FLOAT && out.type != ::onnx::TensorProto::FLOAT16 &&
      out.type != ::onnx::TensorProto::UINT8) {
    refuse(where, "its input '" + shown(image->name()) + "' is neither float, fp16 nor uint8");
  }
  const auto& shape = tensor.shape();
  const auto size = [&](int i) {
    return shape.dim(i).has_dim_value() ? shape.dim(i).dim_value() : 0;
  };
  if (shape.dim_size() != 4 || (size(1) != 3 && size(3) != 3)) {
    refuse(where, "its input '" + shown(image->name()) + "' does not have the shape of an image");
  }
  out.input = image->name();
  out.channels_last = size(1) != 3;
  const auto height = size(out.channels_last ? 1 : 2);
  const auto width = size(out.channels_last ? 2 : 3);
  if (height > 4096 || width > 4096) refuse(where, "its input is larger than 4096 pixels");
  if (height > 0) out.height = static_cast<int>(height);
  if (width > 0) out.width = static_cast<int>(width);
  fixed_batch = size(0) > 0;
}

/// Walks back from the output to the last layer with weights.
const ::onnx::NodeProto& find_last_layer(const ::onnx::GraphProto& graph,
                                         const onnx::GraphView& view, const std::string& where) {
  if (graph.output_size() == 0) refuse(where, "it has no output");
  std::string tensor = graph.output(0).name();
  for (int steps = 0; steps < 40; ++steps) {
    const ::onnx::NodeProto* node = view.maker(tensor);
    if (node == nullptr) break;
    const auto place = weights_place(node->op_type());
    if (place && node->input_size() > *place && is_constant(view, node->input(*place)) &&
        !is_constant(view, node->input(0))) {
      return *node;
    }
    const auto data = std::ranges::find_if(
        node->input(), [&](const auto& input) { return !is_constant(view, input); });
    if (data == node->input().end()) break;
    tensor = *data;
  }
  refuse(where, "no layer with weights was found before its output '" +
                    shown(graph.output(0).name()) + "'");
}

/// Changes the target `[1, ...]` of Reshape nodes to `[0, ...]`, which keeps the batch size.
void free_batch(::onnx::GraphProto& graph) {
  std::set<std::string> shapes;
  for (const auto& node : graph.node()) {
    if (node.op_type() == "Reshape" && node.input_size() > 1) shapes.insert(node.input(1));
  }
  const auto free = [](::onnx::TensorProto& tensor) {
    if (tensor.data_type() != ::onnx::TensorProto::INT64 || tensor.dims_size() != 1) return;
    if (tensor.int64_data_size() > 1 && tensor.int64_data(0) == 1) tensor.set_int64_data(0, 0);
    std::string& raw = *tensor.mutable_raw_data();
    constexpr std::string_view kOne("\1\0\0\0\0\0\0\0", 8);
    if (raw.size() > 8 && raw.starts_with(kOne)) raw[0] = 0;
  };
  for (auto& tensor : *graph.mutable_initializer()) {
    if (shapes.contains(tensor.name())) free(tensor);
  }
  for (auto& node : *graph.mutable_node()) {
    if (node.op_type() != "Constant" || !shapes.contains(node.output(0))) continue;
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_t()) free(*attribute.mutable_t());
    }
  }
}

/// Removes the nodes and weights that the features do not need, and all inputs and outputs.
void trim(::onnx::GraphProto& graph, const std::set<const ::onnx::NodeProto*>& needed) {
  ::onnx::GraphProto kept;
  std::set<std::string> used;
  for (const auto& node : graph.node()) {
    if (!needed.contains(&node)) continue;
    *kept.add_node() = node;
    for (const auto& input : node.input()) used.insert(input);
  }
  const bool nested = std::ranges::any_of(kept.node(), [](const auto& node) {
    return std::ranges::any_of(node.attribute(),
                               [](const auto& a) { return a.has_g() || a.graphs_size() > 0; });
  });
  for (auto& tensor : *graph.mutable_initializer()) {
    if (nested || used.contains(tensor.name())) kept.add_initializer()->Swap(&tensor);
  }
  kept.set_name("vitrine");
  graph.Swap(&kept);
}

}  // namespace

const std::vector<Normalisation>& known_normalisations() {
  static const std::vector<Normalisation> known = [] {
    const std::array<float, 3> mean{0.485F, 0.456F, 0.406F};
    const std::array<float, 3> deviation{0.229F, 0.224F, 0.225F};
    Normalisation imagenet{"imagenet"};
    for (std::size_t c = 0; c < 3; ++c) {
      imagenet.scale[c] = 1 / (255 * deviation[c]);
      imagenet.shift[c] = -mean[c] / deviation[c];
    }
    const float half = 1 / 127.5F;
    const float unit = 1 / 255.0F;
    return std::vector<Normalisation>{
        imagenet,
        {"half", {half, half, half}, {-1, -1, -1}},
        {"unit", {unit, unit, unit}, {0, 0, 0}},
        {"raw", {1, 1, 1}, {0, 0, 0}},
        {"caffe", {1, 1, 1}, {-123.68F, -116.779F, -103.939F}, true},
    };
  }();
  return known;
}

Backbone find_backbone(const ::onnx::ModelProto& model, const std::string& where) {
  Backbone out;
  bool fixed_batch = false;
  const onnx::GraphView view(model.graph());
  read_input(view, where, out, fixed_batch);
  if (onnx::opset_of(model) < 7) refuse(where, "its operators are older than opset 7");
  const ::onnx::NodeProto& last = find_last_layer(model.graph(), view, where);
  const auto needed = view.needed_by(last.input(0));
  const bool reaches = std::ranges::any_of(
      needed, [&](const auto* node) { return std::ranges::contains(node->input(), out.input); });
  if (!reaches) refuse(where, "its output does not depend on its input");
  out.last_layer = last.op_type();
  out.model = model;
  out.model.clear_metadata_props();
  out.model.clear_doc_string();
  // The pointers are to nodes of the original graph: find the copies by index.
  std::set<const ::onnx::NodeProto*> kept;
  for (int i = 0; i < model.graph().node_size(); ++i) {
    if (needed.contains(&model.graph().node(i))) kept.insert(&out.model.graph().node(i));
  }
  auto& graph = *out.model.mutable_graph();
  std::string cut = last.input(0);
  const bool quantized = last.op_type().starts_with('Q');
  std::vector<std::string> scale;
  if (quantized) scale = {last.input(1), last.input(2)};
  ::onnx::GraphProto original_weights;
  for (const auto& tensor : graph.initializer()) {
    if (std::ranges::contains(scale, tensor.name())) *original_weights.add_initializer() = tensor;
  }
  trim(graph, kept);
  if (quantized) {  // convert the features to floats
    for (const auto& tensor : original_weights.initializer()) {
      const bool there = std::ranges::any_of(
          graph.initializer(), [&](const auto& one) { return one.name() == tensor.name(); });
      if (!there) *graph.add_initializer() = tensor;
    }
    onnx::GraphBuilder(&graph).node("DequantizeLinear", "V.dequantized", {cut, scale[0], scale[1]});
    cut = "V.dequantized";
  }
  if (fixed_batch) free_batch(graph);
  prefix_names(graph);
  out.input = kPrefix + out.input;
  out.cut = kPrefix + cut;
  return out;
}

namespace {

/// The luminance of Pillow's mode L: weights of 2^-16, rounded. The sums are exact as floats.
std::string grey_of(onnx::GraphBuilder& build, const std::string& rgb) {
  const std::vector<float> weights{19595, 38470, 7471};
  const auto constant = [&](const char* name, float value) {
    return build.constant(name, std::vector<float>{value});
  };
  std::string at =
      build.node("Mul", "V.weighted", {rgb, build.constant("V.luminance", weights)}).output();
  const std::vector<std::int64_t> channels{3};
  at = build.node("ReduceSum", "V.sum", {at, build.constant("V.channels", channels)}).output();
  at = build.node("Add", "V.half_more", {at, constant("V.half_unit", 32768)}).output();
  at = build.node("Div", "V.units", {at, constant("V.unit", 65536)}).output();
  return build.node("Floor", "V.grey", {at}).output();
}

/// A model with the nodes from `image` to the backbone's input, and those of the backbone.
::onnx::ModelProto with_preprocessing(const Backbone& backbone, const Normalisation& n) {
  ::onnx::ModelProto model;
  model.set_ir_version(std::clamp<std::int64_t>(backbone.model.ir_version(), 4, 10));
  *model.mutable_opset_import() = backbone.model.opset_import();
  model.set_producer_name("vitrine");
  auto& graph = *model.mutable_graph();
  graph.set_name("vitrine");
  onnx::GraphBuilder build(&graph);
  build.input("image", ::onnx::TensorProto::UINT8,
              {"N", std::to_string(backbone.height), std::to_string(backbone.width), "3"});
  std::string at = "image";
  if (backbone.type != ::onnx::TensorProto::UINT8) {
    at = build.node("Cast", "V.float", {at})
             .set("to", std::int64_t{::onnx::TensorProto::FLOAT})
             .output();
    if (n.grey) at = grey_of(build, at);
    const std::ptrdiff_t channels = n.grey ? 1 : 3;
    const std::vector<float> scale(n.scale.begin(), n.scale.begin() + channels);
    const std::vector<float> shift(n.shift.begin(), n.shift.begin() + channels);
    at = build.node("Mul", "V.scaled", {at, build.constant("V.scale", scale)}).output();
    at = build.node("Add", "V.normalised", {at, build.constant("V.shift", shift)}).output();
    if (n.bgr) {
      const std::vector<std::int64_t> order{2, 1, 0};
      at = build.node("Gather", "V.bgr", {at, build.constant("V.blue_first", order)})
               .set("axis", std::int64_t{3})
               .output();
    }
  }
  if (!backbone.channels_last) {
    at = build.node("Transpose", "V.channels_first", {at})
             .set("perm", std::vector<std::int64_t>{0, 3, 1, 2})
             .output();
  }
  if (backbone.type == ::onnx::TensorProto::FLOAT16) {
    at = build.node("Cast", "V.half", {at})
             .set("to", std::int64_t{::onnx::TensorProto::FLOAT16})
             .output();
  }
  build.node("Identity", "V.picture", {at}, "", {backbone.input});
  graph.MergeFrom(backbone.model.graph());
  return model;
}

/// The backbone's output as floats.
std::string cut_as_floats(onnx::GraphBuilder& build, const Backbone& backbone) {
  if (backbone.type != ::onnx::TensorProto::FLOAT16) return backbone.cut;
  return build.node("Cast", "V.cut_float", {backbone.cut})
      .set("to", std::int64_t{::onnx::TensorProto::FLOAT})
      .output();
}

void add_softmax(onnx::GraphBuilder& build, const std::string& logits, std::size_t classes) {
  build.node("Softmax", "V.softmax", {logits}, "", {"probabilities"}).set("axis", std::int64_t{1});
  build.output("probabilities", ::onnx::TensorProto::FLOAT, {"N", std::to_string(classes)});
}

}  // namespace

::onnx::ModelProto feature_graph(const Backbone& backbone, const Normalisation& normalisation) {
  ::onnx::ModelProto model = with_preprocessing(backbone, normalisation);
  onnx::GraphBuilder build(model.mutable_graph());
  std::string at = cut_as_floats(build, backbone);
  if (backbone.last_layer.ends_with("Conv")) {
    at = build.node("GlobalAveragePool", "V.pooled", {at}).output();
  }
  build.node("Flatten", "V.features", {at}, "", {"features"}).set("axis", std::int64_t{1});
  build.output("features", ::onnx::TensorProto::FLOAT, {"N", "K"});
  return model;
}

::onnx::ModelProto classifier_graph(const Backbone& backbone, const Normalisation& normalisation,
                                    std::size_t outputs) {
  ::onnx::ModelProto model = with_preprocessing(backbone, normalisation);
  onnx::GraphBuilder build(model.mutable_graph());
  std::string logits = cut_as_floats(build, backbone);
  if (outputs == 1) {  // the softmax of 0 and z is the sigmoid of z
    logits = build
                 .node("Gemm", "V.two_logits",
                       {logits, build.constant("V.second", std::vector<float>{0, 1}, {1, 2})})
                 .output();
  }
  add_softmax(build, logits, std::max<std::size_t>(outputs, 2));
  return model;
}

::onnx::ModelProto image_graph(::onnx::ModelProto model, const SoftmaxHead& head) {
  auto& graph = *model.mutable_graph();
  graph.clear_output();
  onnx::GraphBuilder build(&graph);
  const auto logits = build
                          .node("Gemm", "V.logits",
                                {"features",
                                 build.constant("V.weights", head.weights,
                                                {static_cast<std::int64_t>(head.features),
                                                 static_cast<std::int64_t>(head.classes)}),
                                 build.constant("V.bias", head.bias)})
                          .output();
  const auto cooled =
      build
          .node("Div", "V.cooled",
                {logits, build.constant("V.temperature", std::vector<float>{head.temperature})})
          .output();
  add_softmax(build, cooled, head.classes);
  return model;
}

void set_temperature(::onnx::ModelProto& image_graph, float temperature) {
  for (auto& tensor : *image_graph.mutable_graph()->mutable_initializer()) {
    if (tensor.name() != "V.temperature") continue;
    tensor.clear_raw_data();
    tensor.clear_float_data();
    tensor.add_float_data(temperature);
  }
}

}  // namespace vitrine::model
