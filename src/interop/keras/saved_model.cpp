#include "interop/keras/saved_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <variant>

#include "base/error.h"
#include "interop/keras/layer_options.h"
#include "interop/keras/operator_layers.h"
#include "interop/keras/proto_fields.h"
#include "interop/keras/tensor_bundle.h"

namespace vitrine::interop {
namespace {

constexpr int kDeepest = 2'000;  // of operators behind one another
constexpr std::size_t kMostNodes = 200'000;
constexpr std::size_t kMostConstants = std::size_t{1} << 28;  // numbers of one

/// A node of a graph (NodeDef).
struct Node {
  std::string name, op;
  std::vector<std::string> inputs;                ///< without control inputs
  std::map<std::string, std::string> attributes;  ///< AttrValue, as bytes

  ProtoFields attribute(const char* key) const {
    const auto found = attributes.find(key);
    return ProtoFields(found == attributes.end() ? std::string() : found->second);
  }
};

Node node_of(const ProtoFields& fields) {
  Node out{
      .name = fields.text(1), .op = fields.text(2), .inputs = {}, .attributes = fields.entries(5)};
  for (std::string& input : fields.texts(3)) {
    if (!input.starts_with('^')) out.inputs.push_back(std::move(input));
  }
  return out;
}

/// A function of the library (FunctionDef), or the main graph.
struct Function {
  std::map<std::string, Node> nodes;
  std::vector<std::string> arguments;          ///< names
  std::vector<std::string> outputs;            ///< names, in order
  std::map<std::string, std::string> returns;  ///< tensors by the name of the output
};

void add_nodes(Function& to, const std::vector<ProtoFields>& nodes) {
  for (const ProtoFields& one : nodes) {
    Node node = node_of(one);
    if (to.nodes.size() > kMostNodes) fail("it has over 200,000 operators");
    std::string name = node.name;
    to.nodes.emplace(std::move(name), std::move(node));
  }
}

/// A variable, by the node that holds it in the main graph.
struct Variable {
  std::string node;
};
/// Sizes; -1 is the batch.
struct Sizes {
  std::vector<std::int64_t> values;
  bool scalar = false;
};
struct Text {
  std::vector<std::string> values;
};
/// Shared: scopes keep what they computed.
using Array = std::shared_ptr<const Hdf5Array>;
Array shared(Hdf5Array array) { return std::make_shared<const Hdf5Array>(std::move(array)); }

using Value = std::variant<LayerValue, Array, Sizes, Variable, Text>;

/// A graph that is followed from its outputs, with the values of its arguments.
struct Scope {
  const Function* function = nullptr;
  std::function<Value(std::size_t)> argument;
  std::map<std::string, Value> known;
  std::map<std::string, std::shared_ptr<Scope>> calls;  ///< by the node that calls
};

/// "node:output:1" or "node:1" -> the node, and the number behind the last colon.
std::pair<std::string, std::size_t> parts_of(const std::string& tensor) {
  const std::size_t first = tensor.find(':');
  if (first == std::string::npos) return {tensor, 0};
  const std::string number = tensor.substr(tensor.rfind(':') + 1);
  std::size_t place = 0;
  for (const char digit : number) {
    if (digit < '0' || digit > '9' || place > 100'000) fail("the file is damaged");
    place = place * 10 + static_cast<std::size_t>(digit - '0');
  }
  return {tensor.substr(0, first), place};
}

/// The numbers of a TensorProto. A single number stands for all.
template <typename T>
std::vector<T> content_of(const ProtoFields& tensor, std::size_t count, std::vector<T> listed) {
  const std::string raw = tensor.text(4);
  std::vector<T> out = std::move(listed);
  if (!raw.empty()) {
    if (raw.size() / sizeof(T) != count) fail("the file is damaged");
    out.resize(count);
    std::memcpy(out.data(), raw.data(), count * sizeof(T));
  }
  if (out.empty() && count > 0) out = {T{}};
  while (out.size() < count) out.push_back(out.back());
  return out;
}

enum DataType : std::int64_t { kFloat = 1, kInt32 = 3, kString = 7, kInt64 = 9 };

Value constant_of(const Node& node) {
  const ProtoFields tensor = node.attribute("value").message(8);
  Shape shape;
  for (const ProtoFields& dimension : tensor.message(2).messages(2))
    shape.push_back(dimension.number(1));
  const auto known = number_count(shape, kMostConstants);
  if (!known) fail("it has a constant that is too large");
  const std::size_t count = *known;
  switch (tensor.number(1)) {
    case kFloat: {
      std::vector<float> listed;
      const std::string packed = tensor.text(5);
      if (!packed.empty()) {
        listed.resize(packed.size() / 4);
        std::memcpy(listed.data(), packed.data(), listed.size() * 4);
      } else if (tensor.has(5)) {
        listed = {tensor.real(5)};
      }
      return shared({std::move(shape), content_of<float>(tensor, count, std::move(listed))});
    }
    case kInt32: {
      const auto wide = tensor.numbers(7);
      const auto values = content_of<std::int32_t>(tensor, count, {wide.begin(), wide.end()});
      return Sizes{{values.begin(), values.end()}, shape.empty()};
    }
    case kInt64:
      return Sizes{content_of<std::int64_t>(tensor, count, tensor.numbers(10)), shape.empty()};
    case kString:
      return Text{tensor.texts(8)};
    default:
      fail("the constant '" + shown(node.name) + "' is of a type that import does not read");
  }
}

class Reader {
 public:
  Reader(const SavedModelFiles& files, const PhotoSize& size)
      : size_(size), bundle_(files.index, files.data) {
    const ProtoFields saved{std::string(files.graph)};
    std::optional<ProtoFields> meta;
    for (ProtoFields& one : saved.messages(2)) {
      const auto tags = one.message(1).texts(4);
      if (!meta || std::ranges::contains(tags, "serve")) meta = std::move(one);
    }
    if (!meta) fail("it has no graph");
    version_ = meta->message(1).text(5);
    const ProtoFields graph = meta->message(2);
    add_nodes(main_, graph.messages(1));
    for (const ProtoFields& one : graph.message(2).messages(1)) add_function(one);
    signatures_ = meta->entries(5);
    restore_ = meta->message(3).text(3);
  }

  const std::string& version() const { return version_; }

  KerasNetwork network() {
    const auto signature = signatures_.find("serving_default");
    if (signature == signatures_.end()) fail("it has no signature 'serving_default'");
    const ProtoFields described(signature->second);
    const auto inputs = described.entries(1), outputs = described.entries(2);
    if (inputs.size() != 1 || outputs.size() != 1) fail("it has more than one input or output");
    find_variables();
    const ProtoFields input(inputs.begin()->second);
    input_ = parts_of(input.text(1)).first;
    std::vector<std::int64_t> image;
    for (const ProtoFields& dimension : input.message(3).messages(2))
      image.push_back(dimension.number(1));
    if (input.number(2) != kFloat) fail("its input is not a photo: it has no floats");
    KerasNetwork out = image_network(image, size_);
    LayerWriter writer(&out.graph, false);
    OperatorLayers layers(writer);
    layers_ = &layers;
    image_ = photo_of(out);
    Scope scope{.function = &main_, .argument = {}, .known = {}, .calls = {}};
    finish(out, writer,
           tensor_of(evaluate(scope, ProtoFields(outputs.begin()->second).text(1), 0)));
    return out;
  }

 private:
  void add_function(const ProtoFields& fields) {
    Function function;
    const ProtoFields signature = fields.message(1);
    for (const ProtoFields& one : signature.messages(2)) function.arguments.push_back(one.text(1));
    for (const ProtoFields& one : signature.messages(3)) function.outputs.push_back(one.text(1));
    function.returns = fields.entries(4);
    add_nodes(function, fields.messages(3));
    functions_[signature.text(1)] = std::move(function);
  }

  const Function& function_of(const Node& node) const {
    const auto found = functions_.find(node.attribute("f").message(10).text(1));
    if (found == functions_.end()) fail("it calls a function that it does not have");
    return found->second;
  }

  /// The keys of variables in the checkpoint: those with which the function that restores the model
  /// assigns them.
  void find_variables() {
    const auto restore = main_.nodes.find(parts_of(restore_).first);
    if (restore == main_.nodes.end()) fail("it does not say where its variables are");
    const Node& call = restore->second;
    const Function& function = function_of(call);
    std::vector<std::string> keys;
    for (const auto& [name, node] : function.nodes) {
      if (node.op != "RestoreV2" || node.inputs.size() != 3) continue;
      const auto names = function.nodes.find(parts_of(node.inputs[1]).first);
      if (names == function.nodes.end() || names->second.op != "Const") continue;
      const Value listed = constant_of(names->second);
      if (const auto* text = std::get_if<Text>(&listed)) keys = text->values;
    }
    for (const auto& [name, node] : function.nodes) {
      if (node.op != "AssignVariableOp" || node.inputs.size() != 2) continue;
      const auto argument = std::ranges::find(function.arguments, parts_of(node.inputs[0]).first);
      std::string from = node.inputs[1];
      for (int steps = 0; steps < 4; ++steps) {
        const auto maker = function.nodes.find(parts_of(from).first);
        if (maker == function.nodes.end() || maker->second.op == "RestoreV2" ||
            maker->second.inputs.empty())
          break;
        from = maker->second.inputs[0];
      }
      const auto place = static_cast<std::size_t>(argument - function.arguments.begin());
      const std::size_t key = parts_of(from).second;
      if (place >= call.inputs.size() || key >= keys.size()) continue;
      keys_[parts_of(call.inputs[place]).first] = keys[key];
    }
  }

  /// A tensor of a graph: the output of a node, or an argument.
  Value evaluate(Scope& scope, const std::string& tensor, int depth) {
    if (depth > kDeepest) fail("its operators are nested too deep");
    if (const auto known = scope.known.find(tensor); known != scope.known.end())
      return known->second;
    const auto [name, place] = parts_of(tensor);
    Value out;
    if (const auto node = scope.function->nodes.find(name); node != scope.function->nodes.end()) {
      out = result(scope, node->second, place, depth);
    } else {
      const auto argument = std::ranges::find(scope.function->arguments, name);
      if (argument == scope.function->arguments.end() || !scope.argument)
        fail("the file is damaged");
      out = scope.argument(static_cast<std::size_t>(argument - scope.function->arguments.begin()));
    }
    scope.known[tensor] = out;
    return out;
  }

  Value input(Scope& scope, const Node& node, std::size_t place, int depth) {
    if (place >= node.inputs.size()) fail("the file is damaged");
    Value out = evaluate(scope, node.inputs[place], depth + 1);
    layers_->begin(node.name);  // the input began layers of its own
    return out;
  }

  /// A call of a function: its output, which is followed in a scope of its own.
  Value called(Scope& scope, const Node& node, std::size_t place, int depth) {
    const Function& function = function_of(node);
    std::shared_ptr<Scope>& inner = scope.calls[node.name];
    if (inner == nullptr) {
      if (++calls_ > 10'000) fail("it calls functions too often");
      inner = std::make_shared<Scope>();
      inner->function = &function;
      Scope* outer = &scope;
      const Node* call = &node;
      inner->argument = [this, outer, call, depth](std::size_t argument) {
        return input(*outer, *call, argument, depth);
      };
    }
    // The outputs of a call have one name, "output", and are counted.
    if (place >= function.outputs.size()) fail("the file is damaged");
    const auto found = function.returns.find(function.outputs[place]);
    if (found == function.returns.end()) fail("the file is damaged");
    return evaluate(*inner, found->second, depth + 1);
  }

  static LayerValue tensor_of(Value value) {
    if (auto* tensor = std::get_if<LayerValue>(&value)) return std::move(*tensor);
    fail("a part of it does not depend on the photo");
  }
  static Array array_of(const Node& node, const Value& value) {
    if (const auto* array = std::get_if<Array>(&value)) return *array;
    fail("the operator '" + shown(node.name) + "' (" + shown(node.op) +
         ") has weights that are no constants");
  }
  static std::vector<std::int64_t> sizes_of(Value value) {
    if (auto* sizes = std::get_if<Sizes>(&value)) return std::move(sizes->values);
    fail("it has sizes that are computed in a way that import does not read");
  }

  Value result(Scope& scope, const Node& node, std::size_t place, int depth) {
    const std::string& op = node.op;
    const auto in = [&](std::size_t k) { return input(scope, node, k, depth); };
    if (scope.function == &main_ && node.name == input_) return image_;
    if (op == "StatefulPartitionedCall" || op == "PartitionedCall")
      return called(scope, node, place, depth);
    if (op == "VarHandleOp") return Variable{node.name};
    if (op == "ReadVariableOp") return variable(in(0));
    if (op == "Const") return constant_of(node);
    if (op == "IdentityN") return in(place);
    if (op == "Identity" || op == "StopGradient" || op == "PreventGradient" ||
        op == "EnsureShape" || op == "CheckNumerics")
      return in(0);
    if (op == "Cast") return cast(node, in(0));
    if (op == "Shape") {
      const LayerValue of = tensor_of(in(0));
      Sizes out{{-1}, false};
      std::ranges::copy(of.shape, std::back_inserter(out.values));
      return out;
    }
    if (op == "StridedSlice") return slice(node, in(0), in(1), in(2), in(3));
    if (op == "Pack") return packed(scope, node, depth);
    if (op == "ExpandDims") return in(0);  // of statistics; checked where they are used
    static const std::map<std::string_view, const char*> kArithmetic = {
        {"AddV2", "add"},    {"Add", "add"},         {"BiasAdd", "add"},
        {"Sub", "subtract"}, {"Mul", "multiply"},    {"RealDiv", "divide"},
        {"Div", "divide"},   {"Maximum", "maximum"}, {"Minimum", "minimum"}};
    if (const auto found = kArithmetic.find(op); found != kArithmetic.end())
      return arithmetic(node, found->second, in(0), in(1));
    Value first = in(0);
    if (const auto* array = std::get_if<Array>(&first)) return of_array(node, *array);
    if (!std::holds_alternative<LayerValue>(first)) unread(node);
    return layer(scope, node, std::get<LayerValue>(std::move(first)), depth);
  }

  static Value cast(const Node& node, Value value) {
    const bool to_floats = node.attribute("DstT").number(6) == kFloat;
    if (const auto* sizes = std::get_if<Sizes>(&value); sizes != nullptr && to_floats) {
      Hdf5Array out;
      if (!sizes->scalar) out.shape = {static_cast<std::int64_t>(sizes->values.size())};
      out.values.assign(sizes->values.begin(), sizes->values.end());
      return shared(std::move(out));
    }
    if (std::holds_alternative<LayerValue>(value) && !to_floats)
      fail("it computes with other numbers than floats ('" + shown(node.name) + "')");
    return value;
  }

  Value variable(Value value) const {
    const auto* variable = std::get_if<Variable>(&value);
    if (variable == nullptr) fail("the file is damaged");
    const auto key = keys_.find(variable->node);
    if (key == keys_.end())
      fail("the variable '" + shown(variable->node) + "' is not in its files");
    return shared(bundle_.read(key->second));
  }

  static Value slice(const Node& node, Value of, Value begin, Value end, Value strides) {
    if (auto* tensor = std::get_if<LayerValue>(&of)) {
      // x[..., ::-1] of the photo.
      const auto steps = sizes_of(std::move(strides));
      if (!tensor->pixels || steps.empty() || steps.back() != -1 || tensor->shape.back() != 3 ||
          std::ranges::any_of(steps.begin(), steps.end() - 1, [](auto step) { return step != 1; }))
        fail("it takes a part of a tensor ('" + shown(node.name) + "')");
      tensor->pixels->reversed = !tensor->pixels->reversed;
      return of;
    }
    const auto from = sizes_of(std::move(begin)), to = sizes_of(std::move(end));
    const auto values = sizes_of(std::move(of));
    const auto count = static_cast<std::int64_t>(values.size());
    if (from.size() != 1 || to.size() != 1) fail("it takes a part of sizes");
    const bool one = node.attribute("shrink_axis_mask").number(3) == 1;
    std::int64_t first = node.attribute("begin_mask").number(3) == 1 ? 0 : from[0];
    std::int64_t last = one ? first + 1 : node.attribute("end_mask").number(3) == 1 ? count : to[0];
    if (first < 0) first += count;
    if (last < 0 || (one && last == 0)) last += count;
    if (first < 0 || first > last || last > count) fail("the file is damaged");
    return Sizes{{values.begin() + first, values.begin() + last}, one};
  }

  Value packed(Scope& scope, const Node& node, int depth) {
    Sizes out;
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      const auto part = sizes_of(input(scope, node, k, depth));
      if (part.size() != 1) fail("it joins sizes in a way that import does not read");
      out.values.push_back(part[0]);
    }
    return out;
  }

  /// Of two tensors, a tensor and an array, or two arrays (the factors of a batch normalization).
  Value arithmetic(const Node& node, const char* function, Value first, Value second) {
    auto* left = std::get_if<LayerValue>(&first);
    auto* right = std::get_if<LayerValue>(&second);
    if (left != nullptr && right != nullptr) return layers_->of_two(function, *left, *right);
    if (left != nullptr)
      return layers_->of_constant(function, *left, array_of(node, second)->values, false);
    if (right != nullptr)
      return layers_->of_constant(function, *right, array_of(node, first)->values, true);
    if (std::holds_alternative<Sizes>(first) || std::holds_alternative<Sizes>(second))
      fail("it computes sizes in a way that import does not read");
    return shared(of_arrays(function, *array_of(node, first), *array_of(node, second)));
  }

  static Hdf5Array of_arrays(std::string_view function, const Hdf5Array& a, const Hdf5Array& b) {
    const Hdf5Array& larger = a.values.size() >= b.values.size() ? a : b;
    const std::size_t count = larger.values.size();
    if (a.values.empty() || b.values.empty() || count % a.values.size() != 0 ||
        count % b.values.size() != 0 ||
        std::min(a.values.size(), b.values.size()) !=
            (a.values.size() == b.values.size() ? count : 1))
      fail("it combines weights of different shapes");
    Hdf5Array out{.shape = larger.shape, .values = {}};
    for (std::size_t k = 0; k < count; ++k) {
      const float x = a.values[a.values.size() == 1 ? 0 : k],
                  y = b.values[b.values.size() == 1 ? 0 : k];
      out.values.push_back(function == "add"        ? x + y
                           : function == "subtract" ? x - y
                           : function == "multiply" ? x * y
                           : function == "divide"   ? x / y
                           : function == "maximum"  ? std::max(x, y)
                                                    : std::min(x, y));
    }
    return out;
  }

  static Array of_array(const Node& node, const Array& array) {
    static const std::map<std::string_view, float (*)(float)> kFunctions = {
        {"Rsqrt", [](float x) { return 1 / std::sqrt(x); }},
        {"Sqrt", [](float x) { return std::sqrt(x); }},
        {"Square", [](float x) { return x * x; }},
        {"Neg", [](float x) { return -x; }},
        {"Reciprocal", [](float x) { return 1 / x; }}};
    if (node.op == "Reshape" || node.op == "Squeeze") return array;  // of statistics
    const auto found = kFunctions.find(node.op);
    if (found == kFunctions.end()) unread(node);
    Hdf5Array out = *array;
    for (float& x : out.values) x = found->second(x);
    return shared(std::move(out));
  }

  [[noreturn]] static void unread(const Node& node) {
    fail("the operator '" + shown(node.name) + "' (" + shown(node.op) +
         ") is of a kind that import does not read");
  }

  static WindowOptions window_of(const Node& node) {
    const auto list = [&](const char* name) { return node.attribute(name).message(1).numbers(3); };
    const std::string format = node.attribute("data_format").text(2);
    if (!format.empty() && format != "NHWC") fail("it has its channels first");
    const std::string padding = node.attribute("padding").text(2);
    if (padding != "SAME" && padding != "VALID") fail("it has a padding that import does not read");
    WindowOptions out{.same = padding == "SAME"};
    if (const auto strides = list("strides"); strides.size() == 4)
      out.strides = {strides[1], strides[2]};
    if (const auto rates = list("dilations"); rates.size() == 4)
      out.dilations = {rates[1], rates[2]};
    if (const auto size = list("ksize"); size.size() == 4) out.size = {size[1], size[2]};
    return out;
  }

  Value layer(Scope& scope, const Node& node, LayerValue value, int depth) {
    const std::string& op = node.op;
    const auto in = [&](std::size_t k) { return input(scope, node, k, depth); };
    static const std::map<std::string_view, const char*> kFunctions = {
        {"Relu", "relu"},      {"Relu6", "relu6"},       {"Sigmoid", "sigmoid"},
        {"Tanh", "tanh"},      {"Softmax", "softmax"},   {"Elu", "elu"},
        {"Selu", "selu"},      {"Softplus", "softplus"}, {"Softsign", "softsign"},
        {"Exp", "exponential"}};
    if (const auto found = kFunctions.find(op); found != kFunctions.end())
      return layers_->activation(std::move(value), found->second);
    if (op == "LeakyRelu")
      return layers_->leaky_relu(std::move(value), node.attribute("alpha").real(4, 0.2F));
    if (op == "Neg") return layers_->of_constant("multiply", std::move(value), {-1}, false);
    if (op == "Conv2D" || op == "DepthwiseConv2dNative") {
      const Array kernel = array_of(node, in(1));
      return layers_->convolution(std::move(value), *kernel, op != "Conv2D", nullptr,
                                  window_of(node));
    }
    if (op == "MatMul") {
      if (node.attribute("transpose_a").number(5) != 0 ||
          node.attribute("transpose_b").number(5) != 0)
        unread(node);
      return layers_->dense(std::move(value), *array_of(node, in(1)), nullptr);
    }
    if (op == "MaxPool" || op == "AvgPool")
      return layers_->pool(std::move(value), op == "MaxPool", window_of(node));
    if (op == "Mean" || op == "Max")
      return layers_->reduction(std::move(value), op == "Max", sizes_of(in(1)),
                                node.attribute("keep_dims").number(5) != 0);
    if (op == "Reshape") {
      auto target = sizes_of(in(1));
      if (target.size() < 2) fail("it joins the photos of a batch");
      target.erase(target.begin());
      return layers_->reshape(std::move(value), target);
    }
    if (op == "Squeeze") return layers_->reshape(std::move(value), {-1});
    if (op == "Pad" || op == "PadV2")
      return layers_->zero_padding(std::move(value), sizes_of(in(1)));
    if (op == "ConcatV2") {
      std::vector<LayerValue> values{std::move(value)};
      for (std::size_t k = 1; k + 1 < node.inputs.size(); ++k) values.push_back(tensor_of(in(k)));
      const auto axis = sizes_of(in(node.inputs.size() - 1));
      if (axis.size() != 1) fail("the file is damaged");
      return layers_->concatenation(std::move(values), axis[0]);
    }
    if (op == "ResizeBilinear") {
      const auto size = sizes_of(in(1));
      if (size.size() != 2 || node.attribute("half_pixel_centers").number(5) == 0)
        fail("it resizes in a way that import does not read");
      return layers_->resize_bilinear(std::move(value), size[0], size[1]);
    }
    if (op.starts_with("FusedBatchNorm"))
      return batch_norm(node, std::move(value), *array_of(node, in(1)), *array_of(node, in(2)),
                        *array_of(node, in(3)), *array_of(node, in(4)));
    unread(node);
  }

  Value batch_norm(const Node& node, LayerValue value, const Hdf5Array& gamma,
                   const Hdf5Array& beta, const Hdf5Array& mean, const Hdf5Array& variance) {
    if (node.attribute("is_training").number(5) != 0)
      fail("its signature is that of training ('" + shown(node.name) + "')");
    return layers_->batch_normalization(std::move(value), gamma, beta, mean, variance,
                                        node.attribute("epsilon").real(4, 1e-4F));
  }

  PhotoSize size_;
  TensorBundle bundle_;
  Function main_;
  std::map<std::string, Function> functions_;
  std::map<std::string, std::string> signatures_;
  std::string restore_, version_, input_;
  std::map<std::string, std::string> keys_;  ///< of variables, by node of the main graph
  LayerValue image_;
  OperatorLayers* layers_ = nullptr;
  std::size_t calls_ = 0;
};

}  // namespace

KerasNetwork write_saved_model(const SavedModelFiles& files, const PhotoSize& size,
                               std::string& version) {
  Reader reader(files, size);
  version = reader.version();
  return reader.network();
}

}  // namespace vitrine::interop
