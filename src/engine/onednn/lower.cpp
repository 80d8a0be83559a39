// Converts an ONNX graph to a NetworkGraph in one pass over the nodes:
// 1. read_inputs() checks the image input; count_uses() finds the needed nodes and how often each
//    value is read.
// 2. lower_node() calls the function for each operator type. A value is a Constant (folded here),
//    the ImageInput (pixels, of which scaling and transposition are only recorded), or Computed.
// 3. Operators are merged where possible: affine() into the image or a convolution before it,
//    activations and residuals into a convolution whose output nobody else reads
//    (open_convolution), x * sigmoid(x) into a swish (gate).
// 4. emit() appends an op for everything else. refuse() throws for unsupported operators.
// Files may be damaged or malicious: each size is checked before it is used.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <variant>

#include "base/error.h"
#include "engine/onednn/constant.h"
#include "engine/onednn/network_graph.h"
#include "onnx/graph_view.h"

namespace vitrine::engine {
namespace {

using Dims = std::vector<std::int64_t>;

/// The pixels, to which only scaling, shifting and transposition were applied so far.
struct ImageInput {
  bool channels_last = true;
  bool bgr = false;
  std::array<float, 3> scale{1, 1, 1};  ///< by channel, in the current order
  std::array<float, 3> shift{0, 0, 0};
};

/// A value of the network. `dims` are its dimensions in the ONNX graph, for one image.
struct Computed {
  ValueId id = 0;
  Dims dims;
};

using Value = std::variant<Constant, ImageInput, Computed>;

class Lowering {
 public:
  Lowering(const ::onnx::ModelProto& model, std::string_view bytes, const std::string& output)
      : model_(model), bytes_(bytes), view_(model.graph()) {
    read_inputs();
    needed_ = view_.needed_by(output);
    count_uses(output);
    for (const ::onnx::NodeProto& node : graph().node()) {
      if (needed_.contains(&node)) lower_node(node);
    }
    const auto place = values_.find(output);
    const auto* computed = place == values_.end() ? nullptr : std::get_if<Computed>(&place->second);
    if (computed == nullptr) refuse("the output '" + shown(output) + "' is not computed");
    const ValueShape& shape = out_.values[computed->id];
    if (shape.height != 1 || shape.width != 1) refuse("its output is not a vector");
    out_.output = computed->id;
  }

  NetworkGraph result() && { return std::move(out_); }

 private:
  const ::onnx::GraphProto& graph() const { return model_.graph(); }

  [[noreturn]] static void refuse(const std::string& what) {
    throw Error(ErrorKind::bad_model, what, "the graph", "ONNX Runtime may be able to run it");
  }
  [[noreturn]] static void refuse(const ::onnx::NodeProto& node, const std::string& what) {
    refuse("the operator " + shown(node.op_type()) + " '" + shown(node.name()) + "' " + what);
  }

  void read_inputs() {
    const auto inputs = view_.inputs();
    if (inputs.empty()) refuse("it has no input");
    if (inputs.size() > 1) refuse("it has more than one input");
    const ::onnx::ValueInfoProto* image = inputs[0];
    const auto& tensor = image->type().tensor_type();
    const auto size = [&](int i) { return tensor.shape().dim(i).dim_value(); };
    if (tensor.elem_type() != ::onnx::TensorProto::UINT8 || tensor.shape().dim_size() != 4 ||
        size(3) != 3 || size(1) < 1 || size(1) > kMostSide || size(2) < 1 || size(2) > kMostSide) {
      refuse("its input is not uint8 [N, height, width, 3]");
    }
    out_.height = size(1);
    out_.width = size(2);
    values_[image->name()] = ImageInput{};
  }

  /// Counts how often the needed nodes use each value.
  void count_uses(const std::string& output) {
    ++uses_[output];
    for (const ::onnx::NodeProto* node : needed_) {
      for (const auto& input : node->input()) ++uses_[input];
    }
  }

  // Inputs.

  bool has_input(const ::onnx::NodeProto& node, int i) const {
    return i < node.input_size() && !node.input(i).empty();
  }
  const Value& input(const ::onnx::NodeProto& node, int i) {
    if (!has_input(node, i)) refuse(node, "lacks an input");
    const std::string& name = node.input(i);
    const auto place = values_.find(name);
    if (place != values_.end()) return place->second;
    const ::onnx::TensorProto* constant = view_.initializer(name);
    if (constant == nullptr)
      refuse(node, "has the input '" + shown(name) + "', which does not exist");
    return values_.emplace(name, constant_of(*constant, bytes_)).first->second;
  }
  const Constant* constant(const ::onnx::NodeProto& node, int i) {
    return std::get_if<Constant>(&input(node, i));
  }
  std::vector<float> floats(const ::onnx::NodeProto& node, int i) {
    const Constant* found = constant(node, i);
    if (found == nullptr || found->whole) refuse(node, "has weights that are not constant");
    return found->floats.copied();
  }
  Dims ints(const ::onnx::NodeProto& node, int i) {
    const Constant* found = constant(node, i);
    if (found == nullptr || !found->whole) refuse(node, "has a list that is not constant");
    return found->ints;
  }
  /// The input as a computed value. For the image, the op that converts pixels is added first.
  Computed computed(const ::onnx::NodeProto& node, int i) {
    const Value& value = input(node, i);
    if (const auto* there = std::get_if<Computed>(&value)) return *there;
    const auto* image = std::get_if<ImageInput>(&value);
    if (image == nullptr) refuse(node, "has only constant inputs");
    if (image->channels_last) refuse(node, "takes images with channels last");
    Op op;
    op.kind = Op::Kind::image;
    op.scale.assign(image->scale.begin(), image->scale.end());
    op.shift.assign(image->shift.begin(), image->shift.end());
    op.bgr = image->bgr;
    op.output = new_value({3, out_.height, out_.width});
    const Computed there{op.output, {1, 3, out_.height, out_.width}};
    out_.ops.push_back(std::move(op));
    values_[node.input(i)] = there;
    return there;
  }
  bool used_once(const ::onnx::NodeProto& node, int i) const {
    return uses_.at(node.input(i)) == 1;
  }

  ValueId new_value(const ValueShape& shape) {
    constexpr std::int64_t kMost = std::int64_t{1} << 28;
    if (shape.channels < 1 || shape.height < 1 || shape.width < 1 || shape.channels > kMost ||
        shape.height * shape.width > kMost / shape.channels) {
      refuse("a value has an invalid size");
    }
    out_.values.push_back(shape);
    return out_.values.size() - 1;
  }
  void set(const ::onnx::NodeProto& node, Value value) {
    if (node.output_size() < 1) refuse(node, "has no output");
    values_[node.output(0)] = std::move(value);
  }
  /// Adds an op that computes the node's output.
  Op& emit(const ::onnx::NodeProto& node, Op op, const ValueShape& shape, Dims dims) {
    op.output = new_value(shape);
    set(node, Computed{op.output, std::move(dims)});
    out_.ops.push_back(std::move(op));
    return out_.ops.back();
  }
  Op* maker(ValueId id) {
    const auto place = std::ranges::find(out_.ops, id, &Op::output);
    return place == out_.ops.end() ? nullptr : &*place;
  }
  /// The convolution that computes the node's input, if no other node reads it and the convolution
  /// has no activation (or, unless `with_residual`, residual) yet. Else null.
  Op* open_convolution(const ::onnx::NodeProto& node, int i, bool with_residual) {
    const auto* value = std::get_if<Computed>(&input(node, i));
    if (value == nullptr || !used_once(node, i)) return nullptr;
    Op* op = maker(value->id);
    if (op == nullptr || op->kind != Op::Kind::convolution ||
        op->activation.kind != Activation::Kind::none ||
        (op->residual != kNoValue && !with_residual)) {
      return nullptr;
    }
    return op;
  }

  // Nodes.

  void lower_node(const ::onnx::NodeProto& node) {
    if (!node.domain().empty() && node.domain() != "ai.onnx") {
      refuse(node, "is of the domain " + shown(node.domain()));
    }
    using Handler = void (Lowering::*)(const ::onnx::NodeProto&);
    static const std::map<std::string, Handler> handlers = {
        {"Constant", &Lowering::constant_node},
        {"Identity", &Lowering::pass},
        {"Dropout", &Lowering::pass},
        {"Cast", &Lowering::cast},
        {"Gather", &Lowering::gather},
        {"Shape", &Lowering::shape},
        {"Unsqueeze", &Lowering::unsqueeze},
        {"Transpose", &Lowering::transpose},
        {"Reshape", &Lowering::reshape},
        {"Flatten", &Lowering::flatten},
        {"Squeeze", &Lowering::squeeze},
        {"Concat", &Lowering::concat},
        {"Split", &Lowering::split},
        {"Slice", &Lowering::slice},
        {"Conv", &Lowering::convolution},
        {"Gemm", &Lowering::gemm},
        {"MatMul", &Lowering::matmul},
        {"BatchNormalization", &Lowering::batch_norm},
        {"MaxPool", &Lowering::pool},
        {"AveragePool", &Lowering::pool},
        {"GlobalAveragePool", &Lowering::global_pool},
        {"ReduceMean", &Lowering::reduce_mean},
        {"Relu", &Lowering::activation},
        {"LeakyRelu", &Lowering::activation},
        {"Clip", &Lowering::activation},
        {"Sigmoid", &Lowering::activation},
        {"HardSigmoid", &Lowering::activation},
        {"HardSwish", &Lowering::activation},
        {"Add", &Lowering::add},
        {"Sub", &Lowering::subtract},
        {"Mul", &Lowering::multiply},
        {"Div", &Lowering::divide},
        {"Softmax", &Lowering::softmax},
    };
    const auto way = handlers.find(node.op_type());
    if (way == handlers.end()) refuse(node, "is not supported");
    (this->*way->second)(node);
  }

  void constant_node(const ::onnx::NodeProto& node) {
    const auto* value = onnx::find_attribute(node, "value");
    if (value == nullptr || !value->has_t()) refuse(node, "has no tensor");
    set(node, constant_of(value->t(), bytes_));
  }

  void pass(const ::onnx::NodeProto& node) {
    Value same = input(node, 0);
    set(node, std::move(same));
    aliases(node);
  }

  /// The output is another name of the input, so that the uses of both count together.
  void aliases(const ::onnx::NodeProto& node) { uses_[node.output(0)] += uses_[node.input(0)] - 1; }

  void cast(const ::onnx::NodeProto& node) {
    const auto to = onnx::integer(node, "to", 0);
    Value value = input(node, 0);
    if (auto* constant = std::get_if<Constant>(&value)) {
      if (to == ::onnx::TensorProto::FLOAT && constant->whole) {
        constant->floats = std::vector<float>(constant->ints.begin(), constant->ints.end());
        constant->ints.clear();
        constant->whole = false;
      } else if (to == ::onnx::TensorProto::INT64 && !constant->whole) {
        for (std::size_t i = 0; i < constant->floats.size(); ++i) {
          if (std::isnan(constant->floats[i])) refuse(node, "casts NaN");
          constant->ints.push_back(
              static_cast<std::int64_t>(std::clamp(constant->floats[i], -1e9F, 1e9F)));
        }
        constant->whole = true;
        constant->floats = {};
      } else if (to != ::onnx::TensorProto::FLOAT && to != ::onnx::TensorProto::INT64) {
        refuse(node, "casts to an unsupported type");
      }
    } else if (to != ::onnx::TensorProto::FLOAT) {
      refuse(node, "casts to an unsupported type");
    }
    set(node, std::move(value));
    aliases(node);
  }

  void gather(const ::onnx::NodeProto& node) {
    const auto axis = onnx::integer(node, "axis", 0);
    const Dims places = ints(node, 1);
    Value value = input(node, 0);
    if (auto* image = std::get_if<ImageInput>(&value)) {
      if (axis != (image->channels_last ? 3 : 1) || places != Dims{2, 1, 0}) {
        refuse(node, "selects channels in an unsupported order");
      }
      image->bgr = !image->bgr;
      std::ranges::reverse(image->scale);
      std::ranges::reverse(image->shift);
      return set(node, std::move(value));
    }
    const auto* from = std::get_if<Constant>(&value);
    if (from == nullptr || !from->whole || axis != 0)
      refuse(node, "selects from a value that is not constant");
    Constant out;
    out.whole = true;
    for (std::int64_t place : places) {
      if (place < 0) place += static_cast<std::int64_t>(from->ints.size());
      if (place < 0 || place >= static_cast<std::int64_t>(from->ints.size())) {
        refuse(node, "has an index out of range");
      }
      out.ints.push_back(from->ints[static_cast<std::size_t>(place)]);
    }
    out.dims = constant(node, 1)->dims;
    set(node, std::move(out));
  }

  void shape(const ::onnx::NodeProto& node) {
    if (onnx::find_attribute(node, "start") != nullptr ||
        onnx::find_attribute(node, "end") != nullptr) {
      refuse(node, "reads a part of a shape");
    }
    Constant out;
    out.whole = true;
    out.ints = computed(node, 0).dims;
    out.dims = {static_cast<std::int64_t>(out.ints.size())};
    set(node, std::move(out));
  }

  void unsqueeze(const ::onnx::NodeProto& node) {
    Value value = input(node, 0);
    auto* constant = std::get_if<Constant>(&value);
    if (constant == nullptr) refuse(node, "is only supported for constants");
    constant->dims.insert(constant->dims.begin(), 1);  // only scalars and lists occur here
    set(node, std::move(value));
  }

  void transpose(const ::onnx::NodeProto& node) {
    const Dims order = onnx::integers(node, "perm", {});
    Value value = input(node, 0);
    if (auto* image = std::get_if<ImageInput>(&value)) {
      if (order == Dims{0, 3, 1, 2} && image->channels_last) {
        image->channels_last = false;
      } else {
        refuse(node, "transposes the image in an unsupported way");
      }
      return set(node, std::move(value));
    }
    // After a Reshape to [1, groups, channels, height, width] it is a channel shuffle.
    const Computed from = computed(node, 0);
    if (order != Dims{0, 2, 1, 3, 4} || from.dims.size() != 5) {
      refuse(node, "transposes a value in an unsupported way");
    }
    Op op;
    op.kind = Op::Kind::shuffle;
    op.inputs = {from.id};
    op.groups = from.dims[1];
    const Dims& d = from.dims;
    emit(node, std::move(op), out_.values[from.id], {1, d[2], d[1], d[3], d[4]});
  }

  void reshape(const ::onnx::NodeProto& node) {
    const Dims wanted = ints(node, 1);
    if (onnx::integer(node, "allowzero", 0) != 0) refuse(node, "allows empty shapes");
    Value value = input(node, 0);
    if (auto* constant = std::get_if<Constant>(&value)) {
      constant->dims = resolved(node, wanted, constant->dims);
      return set(node, std::move(value));
    }
    const Computed from = computed(node, 0);
    Dims dims = resolved(node, wanted, from.dims);
    const ValueShape& real = out_.values[from.id];
    const bool vector = dims.size() == 2 && dims[0] == 1;
    const bool grouped = dims.size() == 5 && dims[0] == 1 && dims[1] * dims[2] == real.channels &&
                         dims[3] == real.height && dims[4] == real.width;
    const bool whole = dims == Dims{1, real.channels, real.height, real.width};
    if (!vector && !grouped && !whole) refuse(node, "has an unsupported target shape");
    set(node, Computed{from.id, std::move(dims)});
    aliases(node);
  }

  static std::int64_t product(const Dims& dims) {
    std::int64_t all = 1;
    for (const auto dim : dims) all *= dim;
    return all;
  }

  /// The target shape of a Reshape with -1 and 0 replaced by sizes.
  Dims resolved(const ::onnx::NodeProto& node, Dims wanted, const Dims& from) {
    const std::int64_t all = product(from);
    std::int64_t known = 1;
    std::optional<std::size_t> open;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] == 0 && i < from.size()) wanted[i] = from[i];
      if (wanted[i] == -1 && !open) {
        open = i;
      } else if (wanted[i] < 1 || wanted[i] > all / known) {
        refuse(node, "has a target shape of another size");
      } else {
        known *= wanted[i];
      }
    }
    if (open) wanted[*open] = all / known;
    if (product(wanted) != all) refuse(node, "has a target shape of another size");
    return wanted;
  }

  void flatten(const ::onnx::NodeProto& node) {
    const Computed from = computed(node, 0);
    if (onnx::integer(node, "axis", 1) != 1) refuse(node, "merges the images of a batch");
    set(node, Computed{from.id, {1, product(from.dims)}});
    aliases(node);
  }

  void squeeze(const ::onnx::NodeProto& node) {
    const Computed from = computed(node, 0);
    const ValueShape& real = out_.values[from.id];
    Dims axes = has_input(node, 1) ? ints(node, 1) : onnx::integers(node, "axes", {2, 3});
    for (auto& axis : axes) axis += axis < 0 ? 4 : 0;
    if (real.height != 1 || real.width != 1 || axes != Dims{2, 3} || from.dims.size() != 4) {
      refuse(node, "is only supported for vectors");
    }
    set(node, Computed{from.id, {1, real.channels}});
    aliases(node);
  }

  void concat(const ::onnx::NodeProto& node) {
    if (constant(node, 0) != nullptr) {
      Constant out;
      out.whole = true;
      for (int i = 0; i < node.input_size(); ++i) {
        for (const auto one : ints(node, i)) out.ints.push_back(one);
      }
      out.dims = {static_cast<std::int64_t>(out.ints.size())};
      return set(node, std::move(out));
    }
    Op op;
    op.kind = Op::Kind::concat;
    ValueShape shape;
    for (int i = 0; i < node.input_size(); ++i) {
      const Computed one = computed(node, i);
      const ValueShape& part = out_.values[one.id];
      if (onnx::integer(node, "axis", 0) != 1 || one.dims.size() != 4 ||
          (i > 0 && (part.height != shape.height || part.width != shape.width))) {
        refuse(node, "does not concatenate along the channels");
      }
      shape = {shape.channels + part.channels, part.height, part.width};
      op.inputs.push_back(one.id);
    }
    emit(node, std::move(op), shape, {1, shape.channels, shape.height, shape.width});
  }

  void split(const ::onnx::NodeProto& node) {
    const Computed from = computed(node, 0);
    const ValueShape real = out_.values[from.id];
    Dims sizes = has_input(node, 1) ? ints(node, 1) : onnx::integers(node, "split", {});
    if (sizes.empty()) {
      const std::int64_t outputs = std::max(1, node.output_size());
      if (real.channels % outputs != 0) refuse(node, "splits channels into unequal parts");
      sizes.assign(static_cast<std::size_t>(outputs), real.channels / outputs);
    }
    if (onnx::integer(node, "axis", 0) != 1 || from.dims.size() != 4 ||
        static_cast<int>(sizes.size()) != node.output_size()) {
      refuse(node, "does not split the channels");
    }
    std::int64_t left = real.channels;
    for (const std::int64_t size : sizes) {
      if (size < 1 || size > left) refuse(node, "has a part beyond the end");
      left -= size;
    }
    if (left != 0) refuse(node, "does not use all channels");
    std::int64_t first = 0;
    for (int i = 0; i < node.output_size(); ++i) {
      const auto size = sizes[static_cast<std::size_t>(i)];
      values_[node.output(i)] = cut(from.id, first, size);
      first += size;
    }
  }

  void slice(const ::onnx::NodeProto& node) {
    const Computed from = computed(node, 0);
    const ValueShape real = out_.values[from.id];
    const Dims begin = ints(node, 1);
    const Dims end = ints(node, 2);
    const Dims axes = has_input(node, 3) ? ints(node, 3) : Dims{0};
    const Dims steps = has_input(node, 4) ? ints(node, 4) : Dims{1};
    if (from.dims.size() != 4 || axes != Dims{1} || steps != Dims{1} || begin.size() != 1 ||
        end.size() != 1 || begin[0] < 0) {
      refuse(node, "does not slice the channels");
    }
    const auto last = std::min(end[0] < 0 ? end[0] + real.channels : end[0], real.channels);
    if (last <= begin[0]) refuse(node, "selects no channels");
    set(node, cut(from.id, begin[0], last - begin[0]));
  }

  Computed cut(ValueId from, std::int64_t first, std::int64_t size) {
    const ValueShape real = out_.values[from];
    Op op;
    op.kind = Op::Kind::slice;
    op.inputs = {from};
    op.first = first;
    op.output = new_value({size, real.height, real.width});
    const Computed out{op.output, {1, size, real.height, real.width}};
    out_.ops.push_back(std::move(op));
    return out;
  }

  /// Reads stride, pads and dilation into `op`, whose kernel is set; returns the output's shape.
  ValueShape window(const ::onnx::NodeProto& node, Op& op, const ValueShape& in,
                    std::int64_t channels) {
    const auto pair = [&](const char* name, std::int64_t otherwise) {
      const Dims found = onnx::integers(node, name, {otherwise, otherwise});
      if (found.size() != 2 ||
          std::ranges::any_of(found, [](auto x) { return x < 1 || x > 4096; })) {
        refuse(node, "is not two-dimensional or too large");
      }
      return std::array<std::int64_t, 2>{found[0], found[1]};
    };
    op.stride = pair("strides", 1);
    op.dilation = pair("dilations", 1);
    const Dims pads = onnx::integers(node, "pads", {0, 0, 0, 0});
    if (pads.size() != 4 || std::ranges::any_of(pads, [](auto x) { return x < 0 || x > 4096; })) {
      refuse(node, "is not two-dimensional or too large");
    }
    std::ranges::copy(pads, op.pads.begin());
    const std::array<std::int64_t, 2> size{in.height, in.width};
    std::array<std::int64_t, 2> out{};
    const auto* automatic = onnx::find_attribute(node, "auto_pad");
    const std::string way = automatic == nullptr ? "NOTSET" : automatic->s();
    for (std::size_t i = 0; i < 2; ++i) {
      const std::int64_t reach = (op.kernel[i] - 1) * op.dilation[i] + 1;
      if (way == "SAME_UPPER" || way == "SAME_LOWER") {
        std::tie(op.pads[i], op.pads[i + 2]) = onnx::same_padding(
            size[i], op.kernel[i], op.stride[i], op.dilation[i], way == "SAME_UPPER");
      } else if (way != "NOTSET" && way != "VALID") {
        refuse(node, "has an unsupported auto_pad");
      }
      const std::int64_t room = size[i] + op.pads[i] + op.pads[i + 2] - reach;
      if (room < 0) refuse(node, "has a kernel larger than its input");
      out[i] = room / op.stride[i] + 1;
      if (onnx::integer(node, "ceil_mode", 0) != 0 && room % op.stride[i] != 0) {
        // With ceil_mode, one more window that begins inside the input; the rest of it is padding.
        const std::int64_t more = op.stride[i] - room % op.stride[i];
        if (out[i] * op.stride[i] < size[i] + op.pads[i]) {
          op.pads[i + 2] += more;
          ++out[i];
        }
      }
    }
    return {channels, out[0], out[1]};
  }

  void convolution(const ::onnx::NodeProto& node) {
    const Computed from = computed(node, 0);
    const Constant* weights = constant(node, 1);
    if (weights == nullptr || weights->whole || weights->dims.size() != 4 ||
        from.dims.size() != 4) {
      refuse(node, "is not two-dimensional with constant weights");
    }
    const ValueShape in = out_.values[from.id];
    Op op;
    op.inputs = {from.id};
    op.groups = onnx::integer(node, "group", 1);
    op.weights = weights->floats;
    op.inputs_a_group = weights->dims[1];
    op.kernel = {weights->dims[2], weights->dims[3]};
    const auto outputs = weights->dims[0];
    if (op.groups < 1 || outputs < 1 || outputs % op.groups != 0 || in.channels % op.groups != 0 ||
        weights->dims[1] != in.channels / op.groups || op.kernel[0] < 1 || op.kernel[1] < 1 ||
        op.kernel[0] > 4096 || op.kernel[1] > 4096) {
      refuse(node, "has weights that do not match its input");
    }
    op.bias = has_input(node, 2) ? floats(node, 2)
                                 : std::vector<float>(static_cast<std::size_t>(outputs), 0);
    if (static_cast<std::int64_t>(op.bias.size()) != outputs)
      refuse(node, "has a bias of the wrong size");
    const ValueShape out = window(node, op, in, outputs);
    emit(node, std::move(op), out, {1, outputs, out.height, out.width});
  }

  /// Adds y = factor * x W + b as a convolution whose kernel is as large as the input. `by_output`:
  /// W is [outputs][inputs], else [inputs][outputs].
  void full_connections(const ::onnx::NodeProto& node, const Constant& weights, bool by_output,
                        std::vector<float> bias, float factor) {
    const Computed from = computed(node, 0);
    const ValueShape in = out_.values[from.id];
    if (from.dims.size() != 2 || weights.whole || weights.dims.size() != 2) {
      refuse(node, "is not a product of a vector and a matrix");
    }
    const auto outputs = weights.dims[by_output ? 0 : 1];
    const auto inputs = weights.dims[by_output ? 1 : 0];
    if (inputs != in.channels * in.height * in.width || outputs < 1) {
      refuse(node, "has weights that do not match its input");
    }
    Op op;
    op.inputs = {from.id};
    op.kernel = {in.height, in.width};
    op.inputs_a_group = in.channels;
    if (by_output && factor == 1) {
      op.weights = weights.floats;
    } else {
      std::vector<float> turned(weights.floats.size());
      for (std::int64_t o = 0; o < outputs; ++o) {
        for (std::int64_t i = 0; i < inputs; ++i) {
          turned[static_cast<std::size_t>(o * inputs + i)] =
              factor *
              weights
                  .floats[static_cast<std::size_t>(by_output ? o * inputs + i : i * outputs + o)];
        }
      }
      op.weights = std::move(turned);
    }
    if (bias.size() == 1) bias.assign(static_cast<std::size_t>(outputs), bias[0]);
    if (bias.empty()) bias.assign(static_cast<std::size_t>(outputs), 0);
    if (static_cast<std::int64_t>(bias.size()) != outputs)
      refuse(node, "has a bias of the wrong size");
    op.bias = std::move(bias);
    emit(node, std::move(op), {outputs, 1, 1}, {1, outputs});
  }

  void gemm(const ::onnx::NodeProto& node) {
    const Constant* weights = constant(node, 1);
    if (weights == nullptr || onnx::integer(node, "transA", 0) != 0) {
      refuse(node, "is not a product of a vector and a constant matrix");
    }
    std::vector<float> bias = has_input(node, 2) ? floats(node, 2) : std::vector<float>();
    for (float& one : bias) one *= onnx::number(node, "beta", 1);
    full_connections(node, *weights, onnx::integer(node, "transB", 0) != 0, std::move(bias),
                     onnx::number(node, "alpha", 1));
  }

  void matmul(const ::onnx::NodeProto& node) {
    const Constant* weights = constant(node, 1);
    if (weights == nullptr) refuse(node, "is not a product of a vector and a constant matrix");
    full_connections(node, *weights, false, {}, 1);
  }

  void batch_norm(const ::onnx::NodeProto& node) {
    if (onnx::integer(node, "training_mode", 0) != 0 || onnx::integer(node, "spatial", 1) != 1) {
      refuse(node, "is in training mode or not per channel");
    }
    const std::vector<float> gamma = floats(node, 1);
    const std::vector<float> beta = floats(node, 2);
    const std::vector<float> mean = floats(node, 3);
    const std::vector<float> variance = floats(node, 4);
    const float epsilon = onnx::number(node, "epsilon", 1e-5F);
    const std::size_t count = gamma.size();
    if (beta.size() != count || mean.size() != count || variance.size() != count) {
      refuse(node, "has weights of different sizes");
    }
    std::vector<float> scale(count);
    std::vector<float> shift(count);
    for (std::size_t c = 0; c < count; ++c) {
      const double factor = gamma[c] / std::sqrt(double{variance[c]} + epsilon);
      scale[c] = static_cast<float>(factor);
      shift[c] = static_cast<float>(beta[c] - factor * mean[c]);
    }
    affine(node, 0, scale, shift);
  }

  /// Adds x * scale + shift by channel: merged into the image or a convolution before it if
  /// possible, else an op.
  void affine(const ::onnx::NodeProto& node, int place, const std::vector<float>& scale,
              const std::vector<float>& shift) {
    Value value = input(node, place);
    if (auto* image = std::get_if<ImageInput>(&value)) {
      if (scale.size() != 3) refuse(node, "does not have three channels");
      for (std::size_t c = 0; c < 3; ++c) {
        image->scale[c] *= scale[c];
        image->shift[c] = image->shift[c] * scale[c] + shift[c];
      }
      return set(node, std::move(value));
    }
    const Computed from = computed(node, place);
    const ValueShape shape = out_.values[from.id];
    if (static_cast<std::int64_t>(scale.size()) != shape.channels) {
      refuse(node, "does not match the channels of its input");
    }
    if (Op* conv = open_convolution(node, place, false)) {
      const std::size_t each = conv->weights.size() / scale.size();
      if (std::ranges::any_of(scale, [](float x) { return x != 1; })) {
        std::vector<float>& weights = conv->weights.own_copy();
        for (std::size_t c = 0; c < scale.size(); ++c) {
          for (std::size_t i = 0; i < each; ++i) weights[c * each + i] *= scale[c];
        }
      }
      for (std::size_t c = 0; c < scale.size(); ++c) {
        conv->bias[c] = conv->bias[c] * scale[c] + shift[c];
      }
      return set(node, from);
    }
    Op op;
    op.kind = Op::Kind::affine;
    op.inputs = {from.id};
    op.scale = scale;
    op.shift = shift;
    emit(node, std::move(op), shape, from.dims);
  }

  void pool(const ::onnx::NodeProto& node) {
    const Computed from = computed(node, 0);
    const ValueShape in = out_.values[from.id];
    const Dims kernel = onnx::integers(node, "kernel_shape", {});
    if (kernel.size() != 2 || kernel[0] < 1 || kernel[1] < 1 || kernel[0] > 4096 ||
        kernel[1] > 4096 || node.output_size() != 1 || from.dims.size() != 4) {
      refuse(node, "is not two-dimensional");
    }
    Op op;
    op.kind = node.op_type() == "MaxPool" ? Op::Kind::max_pool : Op::Kind::average_pool;
    op.inputs = {from.id};
    op.kernel = {kernel[0], kernel[1]};
    op.count_padding = onnx::integer(node, "count_include_pad", 0) != 0;
    const ValueShape out = window(node, op, in, in.channels);
    if (op.dilation != std::array<std::int64_t, 2>{1, 1}) refuse(node, "is dilated");
    if (op.count_padding && onnx::integer(node, "ceil_mode", 0) != 0)
      refuse(node, "has ceil_mode and count_include_pad");
    emit(node, std::move(op), out, {1, out.channels, out.height, out.width});
  }

  void mean_of_planes(const ::onnx::NodeProto& node, bool keep) {
    const Computed from = computed(node, 0);
    const ValueShape in = out_.values[from.id];
    if (from.dims.size() != 4) refuse(node, "is not two-dimensional");
    Op op;
    op.kind = Op::Kind::average_pool;
    op.inputs = {from.id};
    op.kernel = {in.height, in.width};
    emit(node, std::move(op), {in.channels, 1, 1},
         keep ? Dims{1, in.channels, 1, 1} : Dims{1, in.channels});
  }
  void global_pool(const ::onnx::NodeProto& node) { mean_of_planes(node, true); }
  void reduce_mean(const ::onnx::NodeProto& node) {
    Dims axes = has_input(node, 1) ? ints(node, 1) : onnx::integers(node, "axes", {});
    for (auto& axis : axes) axis += axis < 0 ? 4 : 0;
    std::ranges::sort(axes);
    if (axes != Dims{2, 3}) refuse(node, "is only supported over height and width");
    mean_of_planes(node, onnx::integer(node, "keepdims", 1) != 0);
  }

  Activation activation_of(const ::onnx::NodeProto& node) {
    using Kind = Activation::Kind;
    const std::string& type = node.op_type();
    if (type == "Relu") return {Kind::relu};
    if (type == "LeakyRelu") return {Kind::leaky_relu, onnx::number(node, "alpha", 0.01F)};
    if (type == "Sigmoid") return {Kind::sigmoid};
    if (type == "HardSigmoid") {
      return {Kind::hard_sigmoid, onnx::number(node, "alpha", 0.2F),
              onnx::number(node, "beta", 0.5F)};
    }
    if (type == "HardSwish") return {Kind::hard_swish, 1 / 6.0F, 0.5F};
    if (type != "Clip") refuse(node, "is not a supported activation");
    const float most = std::numeric_limits<float>::max();
    const auto bound = [&](int i, const char* name, float otherwise) {
      if (!has_input(node, i)) return onnx::number(node, name, otherwise);
      const auto list = floats(node, i);
      if (list.size() != 1) refuse(node, "has a bound that is not a number");
      return list[0];
    };
    return {Kind::clip, bound(1, "min", -most), bound(2, "max", most)};
  }

  void activation(const ::onnx::NodeProto& node) {
    const Activation what = activation_of(node);
    const Computed from = computed(node, 0);
    if (Op* conv = open_convolution(node, 0, true)) {
      conv->activation = what;
      return set(node, from);
    }
    Op op;
    op.kind = Op::Kind::activate;
    op.inputs = {from.id};
    op.activation = what;
    op.source = node.input(0);
    emit(node, std::move(op), out_.values[from.id], from.dims);
  }

  /// A constant as one number for each of `channels`; nullopt if its shape does not match.
  static std::optional<std::vector<float>> by_channel(const Constant& constant, bool channels_last,
                                                      std::size_t channels) {
    if (constant.whole) return std::nullopt;
    if (constant.floats.size() == 1) return std::vector<float>(channels, constant.floats[0]);
    if (constant.floats.size() != channels) return std::nullopt;
    Dims dims = constant.dims;
    while (!dims.empty() && dims.front() == 1) dims.erase(dims.begin());
    std::size_t behind = 0;
    while (!dims.empty() && dims.back() == 1) {
      dims.pop_back();
      ++behind;
    }
    if (dims.size() != 1 || behind != (channels_last ? 0U : 2U)) return std::nullopt;
    return constant.floats.copied();
  }

  /// If one of two inputs is a constant: returns true, and sets `place` to the index of the other
  /// input and `values` to the constant by channel.
  bool with_constant(const ::onnx::NodeProto& node, int& place, std::vector<float>& values) {
    for (const int i : {0, 1}) {
      const Constant* found = constant(node, i);
      if (found == nullptr) continue;
      place = 1 - i;
      const Value& other = input(node, place);
      bool last = false;
      std::size_t channels = 3;
      if (const auto* image = std::get_if<ImageInput>(&other)) {
        last = image->channels_last;
      } else if (const auto* value = std::get_if<Computed>(&other)) {
        last = value->dims.size() == 2;
        channels = static_cast<std::size_t>(out_.values[value->id].channels);
      } else {
        refuse(node, "has only constant inputs");
      }
      auto spread = by_channel(*found, last, channels);
      if (!spread) refuse(node, "has a constant that is not per channel");
      values = std::move(*spread);
      return true;
    }
    return false;
  }

  static std::vector<float> ones(std::size_t count) { return std::vector<float>(count, 1); }
  static std::vector<float> zeros(std::size_t count) { return std::vector<float>(count, 0); }

  void add(const ::onnx::NodeProto& node) {
    int place = 0;
    std::vector<float> values;
    if (with_constant(node, place, values)) return affine(node, place, ones(values.size()), values);
    const std::array<Computed, 2> both{computed(node, 0), computed(node, 1)};
    const ValueShape shape = out_.values[both[0].id];
    const ValueShape other = out_.values[both[1].id];
    if (both[0].dims != both[1].dims || shape.channels != other.channels ||
        shape.height != other.height || shape.width != other.width) {
      refuse(node, "adds values of different shapes");
    }
    // Merge the sum into the later convolution: the other value is computed before it runs.
    const Op* first = maker(both[0].id);
    const Op* second = maker(both[1].id);
    const int later = first > second ? 0 : 1;
    if (Op* conv = open_convolution(node, later, false);
        conv != nullptr && both[0].id != both[1].id) {
      conv->residual = both[static_cast<std::size_t>(1 - later)].id;
      return set(node, both[static_cast<std::size_t>(later)]);
    }
    Op op;
    op.kind = Op::Kind::add;
    op.inputs = {both[0].id, both[1].id};
    emit(node, std::move(op), shape, both[0].dims);
  }

  void subtract(const ::onnx::NodeProto& node) {
    int place = 0;
    std::vector<float> values;
    if (!with_constant(node, place, values) || place != 0) {
      refuse(node, "does not subtract a constant");
    }
    for (float& one : values) one = -one;
    affine(node, 0, ones(values.size()), values);
  }

  void divide(const ::onnx::NodeProto& node) {
    int place = 0;
    std::vector<float> values;
    if (!with_constant(node, place, values) || place != 0) {
      refuse(node, "does not divide by a constant");
    }
    for (float& one : values) one = 1 / one;
    affine(node, 0, values, zeros(values.size()));
  }

  void multiply(const ::onnx::NodeProto& node) {
    int place = 0;
    std::vector<float> values;
    if (with_constant(node, place, values)) {
      return affine(node, place, values, zeros(values.size()));
    }
    for (const int i : {0, 1}) {
      if (gate(node, i)) return;
    }
    std::array<Computed, 2> both{computed(node, 0), computed(node, 1)};
    const auto planes = [&](const Computed& one) {
      const ValueShape& s = out_.values[one.id];
      return s.height * s.width;
    };
    if (planes(both[0]) < planes(both[1])) std::swap(both[0], both[1]);
    const ValueShape shape = out_.values[both[0].id];
    const ValueShape factor = out_.values[both[1].id];
    const bool alike = factor.height == shape.height && factor.width == shape.width;
    const bool same_ranks =
        both[0].dims == both[1].dims || (both[0].dims.size() == 4 && both[1].dims.size() == 4);
    if (!same_ranks || factor.channels != shape.channels ||
        (!alike && (factor.height != 1 || factor.width != 1))) {
      refuse(node, "multiplies values of incompatible shapes");
    }
    Op op;
    op.kind = Op::Kind::multiply;
    op.inputs = {both[0].id, both[1].id};
    emit(node, std::move(op), shape, both[0].dims);
  }

  /// Turns x * sigmoid(x) into a swish, where input i is the sigmoid of the other input. The swish
  /// is merged into the convolution that computes x if nothing else reads x.
  bool gate(const ::onnx::NodeProto& node, int i) {
    const auto* gated = std::get_if<Computed>(&input(node, i));
    const auto* plain = std::get_if<Computed>(&input(node, 1 - i));
    if (gated == nullptr || plain == nullptr || !used_once(node, i)) return false;
    const auto place = std::ranges::find(out_.ops, gated->id, &Op::output);
    if (place == out_.ops.end() || place->kind != Op::Kind::activate ||
        place->inputs[0] != plain->id) {
      return false;
    }
    using Kind = Activation::Kind;
    Activation whole = place->activation;
    if (whole.kind == Kind::sigmoid) {
      whole.kind = Kind::swish;
    } else if (whole.kind == Kind::hard_sigmoid) {
      whole.kind = Kind::hard_swish;
    } else {
      return false;
    }
    const Computed x = *plain;
    Op* conv = maker(x.id);
    if (conv != nullptr && conv->kind == Op::Kind::convolution &&
        conv->activation.kind == Kind::none && uses_.at(node.input(1 - i)) == 2 &&
        place->source == node.input(1 - i)) {
      conv->activation = whole;
      out_.ops.erase(place);
      set(node, x);
    } else {
      place->activation = whole;
      set(node, Computed{place->output, x.dims});
    }
    return true;
  }

  void softmax(const ::onnx::NodeProto& node) {
    const Computed from = computed(node, 0);
    const auto axis = onnx::integer(node, "axis", -1);
    if (from.dims.size() != 2 || (axis != 1 && axis != -1))
      refuse(node, "is not applied to a vector");
    if (std::ranges::any_of(graph().node(), [&](const auto& other) {
          return std::ranges::contains(other.input(), node.output(0)) && needed_.contains(&other);
        })) {
      refuse(node, "is not the last operator");
    }
    out_.softmax = true;
    set(node, from);
  }

  static constexpr std::int64_t kMostSide = 4096;
  const ::onnx::ModelProto& model_;
  std::string_view bytes_;
  onnx::GraphView view_;
  std::map<std::string, Value> values_;
  std::map<std::string, int> uses_;
  std::set<const ::onnx::NodeProto*> needed_;
  NetworkGraph out_;
};

}  // namespace

NetworkGraph lower(const ::onnx::ModelProto& model, std::string_view bytes,
                   const std::string& output) {
  return Lowering(model, bytes, output).result();
}

}  // namespace vitrine::engine
