// Makes and runs plans:
// - Plan::Builder turns each op of the graph into a step: a oneDNN primitive, or one of the passes
//   ChannelJoin, SwishPass and GatePass. Convolutions choose the layouts; other ops use the layout
//   of their input. The first convolution also decides how pixels are loaded (ImageLoader).
// - Weights are converted by background jobs (WeightStore) while further primitives are made.
// - finish() places all values in one arena: values whose lifetimes overlap get different places.
//   An op may write over its input (reuse, adds_in_place); both values then have the same root.
// - Plan::Context is the memory of one run, with the arguments of all primitives.
// - Plan::run() loads the pixels, executes the steps, and computes the softmax.
#include "engine/onednn/plan.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "engine/onednn/channel_join.h"
#include "engine/onednn/gate_pass.h"
#include "engine/onednn/image_loader.h"
#include "engine/onednn/omp_threads.h"
#include "engine/onednn/swish_pass.h"

namespace vitrine::engine {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;
using Kind = Activation::Kind;

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

struct Eltwise {
  dnnl::algorithm algorithm;
  float alpha, beta;
};

Eltwise eltwise_of(const Activation& activation) {
  using dnnl::algorithm;
  switch (activation.kind) {
    case Kind::none:
      break;  // callers check this
    case Kind::relu:
      return {algorithm::eltwise_relu, 0, 0};
    case Kind::leaky_relu:
      return {algorithm::eltwise_relu, activation.alpha, 0};
    case Kind::clip:
      return {algorithm::eltwise_clip, activation.alpha, activation.beta};
    case Kind::sigmoid:
      return {algorithm::eltwise_logistic, 0, 0};
    case Kind::hard_sigmoid:
      return {algorithm::eltwise_hardsigmoid, activation.alpha, activation.beta};
    case Kind::swish:
      return {algorithm::eltwise_swish, 1, 0};
    case Kind::hard_swish:
      return {algorithm::eltwise_hardswish, activation.alpha, activation.beta};
  }
  unknown_kind("activation", activation.kind);
}

}  // namespace

/// One operation of a run.
struct Plan::Step {
  std::variant<dnnl::primitive, ChannelJoin, SwishPass, GatePass> work;
  /// Arguments that are values. For a pass, the last one is the result.
  std::vector<std::pair<int, ValueId>> values;
  std::vector<std::pair<int, memory::desc>> seen_as;  ///< values read with another descriptor
  std::vector<std::pair<int, memory>> constants;
  std::size_t scratch = 0;  ///< bytes
};

struct Plan::Data {
  std::int64_t batch = 1;
  std::size_t threads = 1;
  std::vector<Step> steps;
  std::vector<memory::desc> descs;   ///< by value
  std::vector<std::size_t> offsets;  ///< by value: offset in the arena
  std::size_t arena = 0;             ///< bytes, including the scratchpad at the end
  std::size_t scratch_offset = 0;
  std::vector<ImageLoader> loaders;  ///< these run first
  std::vector<ValueId> loaded;
  ValueId output = 0;
  std::int64_t outputs = 0;
  bool softmax = false;
};

class Plan::Context {
 public:
  explicit Context(const Data& data) : size_(std::max(data.arena, kAlignment)) {
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    size_ = (size_ + kHugePage - 1) / kHugePage * kHugePage;
    base_ = static_cast<std::byte*>(std::aligned_alloc(kHugePage, size_));
    if (base_ == nullptr) throw std::bad_alloc();
    ::madvise(base_, size_, MADV_HUGEPAGE);
    try {
      bind(data);
    } catch (...) {
      std::free(base_);
      throw;
    }
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { std::free(base_); }

  std::byte* base() const { return base_; }
  std::vector<std::unordered_map<int, memory>> arguments_;
  dnnl::stream stream_{cpu_engine()};

 private:
  void bind(const Data& data) {
    for (const Step& step : data.steps) {
      auto& one = arguments_.emplace_back();
      if (!std::holds_alternative<dnnl::primitive>(step.work)) continue;
      for (const auto& [argument, value] : step.values) {
        one.emplace(argument, memory(data.descs[value], cpu_engine(), base_ + data.offsets[value]));
      }
      for (const auto& [argument, desc] : step.seen_as) {
        one[argument] = memory(desc, cpu_engine(), one.at(argument).get_data_handle());
      }
      for (const auto& [argument, constant] : step.constants) one.emplace(argument, constant);
      if (step.scratch > 0) {
        const memory::desc bytes({static_cast<std::int64_t>(step.scratch)}, Type::u8, Tag::x);
        one.emplace(DNNL_ARG_SCRATCHPAD, memory(bytes, cpu_engine(), base_ + data.scratch_offset));
      }
    }
  }

  std::size_t size_;
  std::byte* base_ = nullptr;
};

class Plan::Builder {
 public:
  Builder(const NetworkGraph& graph, WeightStore& weights, DataFormats forms, bool observed,
          Data& data)
      : graph_(graph),
        weights_(weights),
        formats_(std::move(forms)),
        observed_(observed),
        data_(data),
        layouts_(data.threads > 1),
        attributes_(attributes_with({})),
        roots_(graph.values.size()),
        last_reader_(last_readers(graph)) {
    data_.descs.resize(graph.values.size());
    for (ValueId v = 0; v < roots_.size(); ++v) roots_[v] = v;
    last_use_.assign(graph.values.size(), 0);
    first_use_.assign(graph.values.size(), 0);
    for (std::size_t i = 0; i < graph.ops.size(); ++i) add(i);
    finish();
  }

 private:
  memory::dims dims(ValueId v) const {
    const ValueShape& s = graph_.values[v];
    return {data_.batch, s.channels, s.height, s.width};
  }
  Type type_of(ValueId v) const { return formats_.kept[v].type; }
  memory::desc any(ValueId v) const { return {dims(v), type_of(v), Tag::any}; }
  memory::desc plain(ValueId v) const { return {dims(v), type_of(v), Tag::nhwc}; }
  bool is_output(ValueId v) const { return v == graph_.output; }

  static dnnl::primitive_attr attributes_with(const dnnl::post_ops& ops) {
    dnnl::primitive_attr out;
    out.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    out.set_post_ops(ops);
    return out;
  }

  void add(std::size_t i) {
    const Op& op = graph_.ops[i];
    switch (op.kind) {
      case Op::Kind::image:
        return;  // loaded in the layout of its first reader, see lay_out_image()
      case Op::Kind::convolution:
        return convolution(i, op);
      case Op::Kind::max_pool:
      case Op::Kind::average_pool:
        return pool(op);
      case Op::Kind::activate:
        return activate(i, op);
      case Op::Kind::add:
      case Op::Kind::multiply:
        return binary(i, op);
      case Op::Kind::affine:
        return affine(i, op);
      case Op::Kind::concat:
        return concat(op);
      case Op::Kind::shuffle:
        return shuffle(op);
      case Op::Kind::slice:
        return slice(op);
    }
    unknown_kind("operator", op.kind);
  }

  /// The layout of a value. An image that has none yet gets the plain layout.
  memory::desc input(ValueId v) {
    if (data_.descs[v].get_ndims() == 0) lay_out_image(v, plain(v));
    return data_.descs[v];
  }

  const Op* image_op_of(ValueId v) const {
    for (const Op& op : graph_.ops) {
      if (op.output == v) return op.kind == Op::Kind::image ? &op : nullptr;
    }
    return nullptr;
  }

  void lay_out_image(ValueId v, const memory::desc& desc) {
    const Op* op = image_op_of(v);
    data_.descs[v] = desc;
    data_.loaded.push_back(v);
    data_.loaders.emplace_back(*op, data_.batch, graph_.height, graph_.width, desc,
                               formats_.kept[v].scale);
  }

  void output(ValueId v, const memory::desc& desc) { data_.descs[v] = desc; }

  template <typename Descriptor>
  Step& emit(const dnnl::primitive& primitive, const Descriptor& pd) {
    Step& step = data_.steps.emplace_back();
    step.work = primitive;
    step.scratch = pd.scratchpad_desc().get_size();
    return step;
  }
  /// Adds a pass as a step; the last value is its result.
  template <typename Work>
  void emit_pass(const Work& work, const std::vector<ValueId>& values) {
    Step& step = data_.steps.emplace_back();
    step.work = work;
    for (const ValueId v : values) use(step, 0, v);
  }
  void use(Step& step, int argument, ValueId v) {
    const std::size_t now = data_.steps.size();
    step.values.emplace_back(argument, v);
    const ValueId root = roots_[v];
    if (first_use_[root] == 0) first_use_[root] = now;
    last_use_[root] = now;
  }

  /// True if the convolution may write over its residual.
  bool adds_in_place(std::size_t i, const Op& op) const {
    if (observed_ || is_output(op.output) || op.residual == op.inputs[0]) return false;
    const DataFormat& residual = formats_.kept[op.residual];
    const DataFormat& out = formats_.kept[op.output];
    const bool of_one_size = residual.type == out.type || (residual.bytes() && out.bytes());
    return of_one_size && last_reader_[op.residual] == i && !is_kept(roots_[op.residual], i);
  }

  /// True if the convolution's swish runs as a separate pass, which is faster for many numbers.
  bool needs_separate_swish(const Op& op) const {
    constexpr std::int64_t kMany = 4096;
    const ValueShape& shape = graph_.values[op.output];
    const DataFormat& out = formats_.kept[op.output];
    return op.activation.kind == Kind::swish && op.residual == kNoValue && !observed_ &&
           data_.batch * shape.channels * shape.height * shape.width >= kMany &&
           SwishPass::can_turn(type_before_swish(out), out.type);
  }
  static Type type_before_swish(const DataFormat& out) {
    return !out.bytes() ? out.type : has_bf16() ? Type::bf16 : Type::f32;
  }
  /// The value that the convolution writes before a separate swish: the output itself, or a new
  /// value if the output is bytes.
  ValueId before_swish(ValueId v) {
    if (!formats_.kept[v].bytes()) return v;
    const DataFormat form{type_before_swish(formats_.kept[v])};
    return new_value({dims(v), form.type, Tag::nhwc}, form);
  }

  /// The post-ops of a convolution: the residual, then the activation.
  dnnl::post_ops post_ops_of(const Op& op, bool in_place, bool separate_swish) {
    dnnl::post_ops post;
    if (op.residual != kNoValue && in_place) {
      const DataFormat& residual = formats_.kept[op.residual];
      post.append_sum(residual.scale, 0, residual.bytes() ? residual.type : Type::undef);
    } else if (op.residual != kNoValue) {
      if (formats_.kept[op.residual].bytes()) {
        throw dnnl::error(dnnl_unimplemented, "a residual in int8 is read again later");
      }
      post.append_binary(dnnl::algorithm::binary_add, data_.descs[op.residual]);
    }
    if (op.activation.kind != Kind::none && !separate_swish) {
      const Eltwise e = eltwise_of(op.activation);
      post.append_eltwise(e.algorithm, e.alpha, e.beta);
    }
    return post;
  }

  /// The layout of the output of a convolution that writes over its residual.
  memory::desc as_residual(const Op& op) const {
    const memory::desc& residual = data_.descs[op.residual];
    if (type_of(op.output) == type_of(op.residual)) return residual;
    if (residual != plain(op.residual)) {
      throw dnnl::error(dnnl_unimplemented, "a residual in int8 has another layout");
    }
    return plain(op.output);
  }

  /// The input of op i in the data format in which it computes: the value itself, or a converted
  /// copy, which is made once for all readers.
  ValueId converted_input(std::size_t i, const Op& op) {
    const ValueId v = op.inputs[0];
    const DataFormat& kept = formats_.kept[v];
    if (formats_.in_bytes[i]) return kept.bytes() ? v : copied(v, formats_.accepted[v]);
    // A convolution in f32 can't write bf16, so its input is converted.
    const bool narrower = kept.type == Type::f32 && type_of(op.output) == Type::bf16;
    return narrower ? copied(v, {Type::bf16}) : v;
  }

  ValueId copied(ValueId v, const DataFormat& form) {
    const auto place = copies_.find(v);
    if (place != copies_.end()) return place->second;
    const memory::desc from = input(v);
    const memory::desc to(dims(v), form.type, Tag::nhwc);
    dnnl::primitive_attr attributes =
        attributes_with({});  // a copy of attributes_ would share state
    if (form.bytes()) attributes.set_scales_mask(DNNL_ARG_DST, 0);
    const dnnl::reorder::primitive_desc pd(cpu_engine(), from, cpu_engine(), to, attributes);
    const ValueId copy = new_value(to, form);
    copies_[v] = copy;
    Step& step = emit(dnnl::reorder(pd), pd);
    use(step, DNNL_ARG_FROM, v);
    use(step, DNNL_ARG_TO, copy);
    if (form.bytes()) {
      step.constants.emplace_back(DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, constant({form.scale}));
    }
    return copy;
  }

  /// Adds a value that the graph does not have.
  ValueId new_value(const memory::desc& desc, const DataFormat& form) {
    data_.descs.push_back(desc);
    formats_.kept.push_back(form);
    roots_.push_back(roots_.size());
    first_use_.push_back(0);
    last_use_.push_back(0);
    return data_.descs.size() - 1;
  }

  void convolution(std::size_t i, const Op& op) {
    const bool bytes = formats_.in_bytes[i];
    const ValueId from = converted_input(i, op);
    // Both factors of a product must have the same kind of type.
    const Type weight_type = bytes ? Type::s8 : type_of(from);
    bool in_place = false;
    if (op.residual != kNoValue) {
      input(op.residual);
      in_place = adds_in_place(i, op);
    }
    const bool separate_swish = needs_separate_swish(op);
    const ValueId made = separate_swish ? before_swish(op.output) : op.output;
    dnnl::primitive_attr attributes = attributes_with(post_ops_of(op, in_place, separate_swish));
    if (bytes) attributes.set_scales_mask(DNNL_ARG_WEIGHTS, op.groups == 1 ? 1 : 3);
    if (formats_.kept[made].bytes()) attributes.set_scales_mask(DNNL_ARG_DST, 0);
    const bool new_image = data_.descs[from].get_ndims() == 0 && image_op_of(from) != nullptr;
    memory::desc source = new_image ? any(from) : input(from);
    const memory::desc wanted = in_place               ? as_residual(op)
                                : made != op.output    ? data_.descs[made]
                                : is_output(op.output) ? plain(op.output)
                                                       : any(op.output);
    const memory::dims dilation{op.dilation[0] - 1, op.dilation[1] - 1};
    const auto describe = [&](const memory::desc& src, const memory::desc& dst) {
      return dnnl::convolution_forward::primitive_desc(
          cpu_engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
          src, memory::desc(weight_dims(op), weight_type, Tag::any),
          memory::desc({static_cast<std::int64_t>(op.bias.size())}, Type::f32, Tag::x), dst,
          memory::dims{op.stride[0], op.stride[1]}, dilation, memory::dims{op.pads[0], op.pads[1]},
          memory::dims{op.pads[2], op.pads[3]}, attributes);
    };
    auto pd = describe(source, wanted);
    if (new_image) {
      if (!ImageLoader::can_fill(pd.src_desc())) pd = describe(plain(from), wanted);
      lay_out_image(from, pd.src_desc());
    }
    if (bytes && std::string_view(pd.impl_info_str()).starts_with("ref")) {
      throw dnnl::error(dnnl_unimplemented, "a convolution has no fast implementation in int8");
    }
    output(made, pd.dst_desc());
    if (in_place) roots_[op.output] = roots_[op.residual];
    Step& step = emit(dnnl::convolution_forward(pd), pd);
    use(step, DNNL_ARG_SRC, from);
    if (op.residual != kNoValue && !in_place) {
      use(step, DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, op.residual);
    }
    use(step, DNNL_ARG_DST, made);
    step.constants.emplace_back(DNNL_ARG_WEIGHTS, weights_.weights(i, pd.weights_desc(), layouts_));
    step.constants.emplace_back(DNNL_ARG_BIAS, weights_.bias(i));
    if (bytes) {
      std::vector<float> scales = weights_.scales(i);
      for (float& scale : scales) scale *= formats_.kept[from].scale;
      step.constants.emplace_back(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, constant(scales));
    }
    if (formats_.kept[made].bytes()) {
      step.constants.emplace_back(DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST,
                                  constant({formats_.kept[made].scale}));
    }
    if (separate_swish) swish(made, op.output);
  }

  void swish(ValueId from, ValueId to) {
    const Type type = type_of(from);
    const std::size_t count = data_.descs[from].get_size() / memory::data_type_size(type);
    if (from != to) output(to, plain(to));
    emit_pass(SwishPass(type, type_of(to), count, formats_.kept[to].scale), {from, to});
  }

  /// True if an op after op i reads the buffer of this root.
  bool is_kept(ValueId root, std::size_t i) const {
    for (ValueId v = 0; v < last_reader_.size(); ++v) {
      if (roots_[v] == root && last_reader_[v] > i) return true;
    }
    return false;
  }

  void pool(const Op& op) {
    const ValueId from = op.inputs[0];
    // Pools can't change the type; lay_out_output() converts an output.
    const memory::desc same_type(dims(op.output), input(from).get_data_type(), Tag::any);
    const auto algorithm = op.kind == Op::Kind::max_pool ? dnnl::algorithm::pooling_max
                           : op.count_padding ? dnnl::algorithm::pooling_avg_include_padding
                                              : dnnl::algorithm::pooling_avg_exclude_padding;
    const dnnl::pooling_forward::primitive_desc pd(
        cpu_engine(), dnnl::prop_kind::forward_inference, algorithm, input(from), same_type,
        memory::dims{op.stride[0], op.stride[1]}, memory::dims{op.kernel[0], op.kernel[1]},
        memory::dims{0, 0}, memory::dims{op.pads[0], op.pads[1]},
        memory::dims{op.pads[2], op.pads[3]}, attributes_);
    simple(dnnl::pooling_forward(pd), pd, op);
  }

  template <typename Primitive, typename Descriptor>
  void simple(const Primitive& primitive, const Descriptor& pd, const Op& op) {
    output(op.output, pd.dst_desc());
    Step& step = emit(primitive, pd);
    use(step, DNNL_ARG_SRC, op.inputs[0]);
    use(step, DNNL_ARG_DST, op.output);
  }

  /// Lets the output use the buffer of the input if no later op reads the input.
  void reuse(std::size_t i, const Op& op) {
    const ValueId from = op.inputs[0];
    if (observed_ || type_of(from) != type_of(op.output)) return;
    if (last_reader_[from] == i && !is_kept(roots_[from], i)) roots_[op.output] = roots_[from];
  }

  void activate(std::size_t i, const Op& op) {
    const Eltwise e = eltwise_of(op.activation);
    const memory::desc desc = input(op.inputs[0]);
    const dnnl::eltwise_forward::primitive_desc pd(cpu_engine(), dnnl::prop_kind::forward_inference,
                                                   e.algorithm, desc, desc, e.alpha, e.beta,
                                                   attributes_);
    reuse(i, op);
    simple(dnnl::eltwise_forward(pd), pd, op);
  }

  void binary(std::size_t i, const Op& op) {
    const memory::desc first = input(op.inputs[0]);
    const memory::desc second = input(op.inputs[1]);
    const DataFormat& out = formats_.kept[op.output];
    const bool adds = op.kind == Op::Kind::add;
    if (!adds && GatePass::can_run(first, second, out.type)) return gate(i, op);
    dnnl::primitive_attr attributes =
        attributes_with({});  // a copy of attributes_ would share state
    if (out.bytes() && adds) {
      for (const int argument : {DNNL_ARG_SRC_0, DNNL_ARG_SRC_1}) {
        attributes.set_scales_mask(argument, 0);
      }
    } else if (out.bytes()) {
      dnnl::post_ops post;
      post.append_eltwise(dnnl::algorithm::eltwise_linear, 1 / out.scale, 0);
      attributes = attributes_with(post);
    }
    const bool same_type = out.type == type_of(op.inputs[0]);
    const dnnl::binary::primitive_desc pd(
        cpu_engine(), adds ? dnnl::algorithm::binary_add : dnnl::algorithm::binary_mul, first,
        second, same_type ? first : any(op.output), attributes);
    if (op.inputs[0] != op.inputs[1]) reuse(i, op);
    output(op.output, pd.dst_desc());
    Step& step = emit(dnnl::binary(pd), pd);
    use(step, DNNL_ARG_SRC_0, op.inputs[0]);
    use(step, DNNL_ARG_SRC_1, op.inputs[1]);
    use(step, DNNL_ARG_DST, op.output);
    if (!out.bytes() || !adds) return;
    for (const int k : {0, 1}) {
      step.constants.emplace_back(
          DNNL_ARG_ATTR_SCALES | (k == 0 ? DNNL_ARG_SRC_0 : DNNL_ARG_SRC_1),
          constant({formats_.kept[op.inputs[static_cast<std::size_t>(k)]].scale / out.scale}));
    }
  }

  void gate(std::size_t i, const Op& op) {
    const DataFormat& out = formats_.kept[op.output];
    const GatePass pass(data_.descs[op.inputs[0]], data_.descs[op.inputs[1]], out.type, out.scale);
    reuse(i, op);
    output(op.output, plain(op.output));
    emit_pass(pass, {op.inputs[0], op.inputs[1], op.output});
  }

  memory constant(const std::vector<float>& values) {
    memory out({{static_cast<std::int64_t>(values.size())}, Type::f32, Tag::x}, cpu_engine());
    std::memcpy(out.get_data_handle(), values.data(), values.size() * sizeof(float));
    return out;
  }

  void affine(std::size_t i, const Op& op) {
    using Flags = dnnl::normalization_flags;
    const memory::desc desc = input(op.inputs[0]);
    const dnnl::batch_normalization_forward::primitive_desc pd(
        cpu_engine(), dnnl::prop_kind::forward_inference, desc, desc, 0.0F,
        Flags::use_global_stats | Flags::use_scale | Flags::use_shift, attributes_);
    reuse(i, op);
    simple(dnnl::batch_normalization_forward(pd), pd, op);
    auto& constants = data_.steps.back().constants;
    constants.emplace_back(DNNL_ARG_MEAN, constant(std::vector<float>(op.scale.size(), 0)));
    constants.emplace_back(DNNL_ARG_VARIANCE, constant(std::vector<float>(op.scale.size(), 1)));
    constants.emplace_back(DNNL_ARG_SCALE, constant(op.scale));
    constants.emplace_back(DNNL_ARG_SHIFT, constant(op.shift));
  }

  void concat(const Op& op) {
    std::vector<memory::desc> parts;
    for (const ValueId v : op.inputs) parts.push_back(input(v));
    if (ChannelJoin::can_join(parts) && type_of(op.output) == parts[0].get_data_type()) {
      output(op.output, plain(op.output));
      std::vector<ValueId> values = op.inputs;
      values.push_back(op.output);
      return emit_pass(ChannelJoin(parts), values);
    }
    const dnnl::concat::primitive_desc pd(cpu_engine(), 1, parts, attributes_);
    output(op.output, pd.dst_desc());
    Step& step = emit(dnnl::concat(pd), pd);
    for (std::size_t k = 0; k < op.inputs.size(); ++k) {
      use(step, DNNL_ARG_MULTIPLE_SRC + static_cast<int>(k), op.inputs[k]);
    }
    use(step, DNNL_ARG_DST, op.output);
  }

  void shuffle(const Op& op) {
    const memory::desc desc = input(op.inputs[0]);
    const auto channels = graph_.values[op.output].channels;
    const dnnl::shuffle_forward::primitive_desc pd(
        cpu_engine(), dnnl::prop_kind::forward_inference, desc, desc, 1,
        static_cast<int>(channels / op.groups), attributes_);
    simple(dnnl::shuffle_forward(pd), pd, op);
  }

  void slice(const Op& op) {
    const memory::desc whole = input(op.inputs[0]);
    const memory::desc part =
        whole.submemory_desc(dims(op.output), {0, op.first, 0, 0}, /*allow_empty=*/true);
    if (part.get_ndims() == 0)
      throw dnnl::error(dnnl_unimplemented, "a slice begins inside a block of channels");
    const memory::desc out = plain(op.output);
    const dnnl::reorder::primitive_desc pd(cpu_engine(), part, cpu_engine(), out, attributes_);
    output(op.output, out);
    Step& step = emit(dnnl::reorder(pd), pd);
    use(step, DNNL_ARG_FROM, op.inputs[0]);
    step.seen_as.emplace_back(DNNL_ARG_FROM, part);
    use(step, DNNL_ARG_TO, op.output);
  }

  /// Converts the output to rows of f32 if necessary.
  void lay_out_output() {
    const ValueId out = graph_.output;
    const memory::desc made = input(out);
    const memory::desc wanted(dims(out), Type::f32, Tag::nhwc);
    data_.output = out;
    if (made == wanted) return;
    const dnnl::reorder::primitive_desc pd(cpu_engine(), made, cpu_engine(), wanted, attributes_);
    data_.output = new_value(wanted, {});
    Step& step = emit(dnnl::reorder(pd), pd);
    use(step, DNNL_ARG_FROM, out);
    use(step, DNNL_ARG_TO, data_.output);
  }

  /// Places values in the arena: the largest first, each at the lowest offset that is free during
  /// its lifetime. Then waits for the weights.
  void finish() {
    lay_out_output();
    const std::size_t end = data_.steps.size() + 1;
    for (const ValueId v : data_.loaded) first_use_[roots_[v]] = 0;
    last_use_[roots_[data_.output]] = end;
    if (observed_) std::ranges::fill(last_use_, end);
    const std::size_t values = data_.descs.size();
    std::vector<std::size_t> sizes(values, 0);
    for (ValueId v = 0; v < values; ++v) {
      if (data_.descs[v].get_ndims() == 0) continue;  // merged into another op
      sizes[roots_[v]] = std::max(sizes[roots_[v]], aligned(data_.descs[v].get_size()));
    }
    std::vector<ValueId> order;
    for (ValueId v = 0; v < sizes.size(); ++v) {
      if (sizes[v] > 0) order.push_back(v);
    }
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](ValueId v) { return sizes[v]; });
    std::vector<std::size_t> place(values, 0);
    std::vector<ValueId> placed;
    for (const ValueId v : order) {
      std::vector<std::pair<std::size_t, std::size_t>> occupied;
      for (const ValueId other : placed) {
        if (first_use_[other] <= last_use_[v] && first_use_[v] <= last_use_[other]) {
          occupied.emplace_back(place[other], place[other] + sizes[other]);
        }
      }
      std::ranges::sort(occupied);
      std::size_t at = 0;
      for (const auto& [begin, finish] : occupied) {
        if (begin >= at + sizes[v]) break;
        at = std::max(at, finish);
      }
      place[v] = at;
      placed.push_back(v);
      data_.arena = std::max(data_.arena, at + sizes[v]);
    }
    data_.offsets.resize(values);
    for (ValueId v = 0; v < place.size(); ++v) data_.offsets[v] = place[roots_[v]];
    data_.scratch_offset = data_.arena;
    std::size_t scratch = 0;
    for (const Step& step : data_.steps) scratch = std::max(scratch, aligned(step.scratch));
    data_.arena += scratch;
    constexpr std::size_t kMostArena = std::size_t{4} << 30;
    if (data_.arena > kMostArena)
      throw dnnl::error(dnnl_out_of_memory, "a run needs more than 4 GiB");
    data_.outputs = graph_.values[graph_.output].channels;
    data_.softmax = graph_.softmax;
    layouts_.wait();
  }

  const NetworkGraph& graph_;
  WeightStore& weights_;
  DataFormats formats_;
  bool observed_;
  Data& data_;
  BackgroundTasks layouts_;  ///< conversions of weights
  dnnl::primitive_attr attributes_;
  std::vector<ValueId> roots_;                     ///< by value: the owner of its buffer
  std::vector<std::size_t> first_use_, last_use_;  ///< by root: number of the step, from 1
  std::vector<std::size_t> last_reader_;           ///< by value of the graph: index of the op
  std::unordered_map<ValueId, ValueId> copies_;    ///< converted copies in bytes or bf16
};

Plan::Plan(const NetworkGraph& graph, WeightStore& weights, DataFormats forms,
           const Options& options)
    : data_(std::make_unique<Data>()) {
  data_->batch = options.batch;
  data_->threads = options.threads;
  const OmpThreads limit(options.threads);  // primitives are made for this number of threads
  Builder(graph, weights, std::move(forms), options.observed, *data_);
}
Plan::~Plan() = default;

void Plan::End::operator()(Context* context) const { delete context; }

Plan::ContextPointer Plan::make_context() const { return ContextPointer(new Context(*data_)); }

std::span<const float> Plan::numbers(const Context& context, ValueId value) const {
  const memory::desc& desc = data_->descs[value];
  if (desc.get_ndims() == 0) return {};
  return {reinterpret_cast<const float*>(context.base() + data_->offsets[value]),
          desc.get_size() / sizeof(float)};
}

void Plan::run_step(std::size_t i, Context& context) const {
  const Step& step = data_->steps[i];
  if (const auto* primitive = std::get_if<dnnl::primitive>(&step.work)) {
    return primitive->execute(context.stream_, context.arguments_[i]);
  }
  const auto at = [&](const auto& use) { return context.base() + data_->offsets[use.second]; };
  std::byte* to = at(step.values.back());
  if (const auto* swish = std::get_if<SwishPass>(&step.work)) {
    return swish->run(at(step.values[0]), to);
  }
  if (const auto* gate = std::get_if<GatePass>(&step.work)) {
    return gate->run(at(step.values[0]), at(step.values[1]), to);
  }
  std::vector<const std::byte*> parts;
  for (const auto& use : step.values) parts.push_back(at(use));
  parts.pop_back();
  std::get<ChannelJoin>(step.work).run(parts, to);
}

void Plan::run(Context& context, const std::uint8_t* pixels, float* out) const {
  const OmpThreads limit(data_->threads);
  for (std::size_t i = 0; i < data_->loaders.size(); ++i) {
    data_->loaders[i].load(pixels, context.base() + data_->offsets[data_->loaded[i]]);
  }
  for (std::size_t i = 0; i < data_->steps.size(); ++i) run_step(i, context);
  context.stream_.wait();
  const auto* numbers =
      reinterpret_cast<const float*>(context.base() + data_->offsets[data_->output]);
  const auto classes = static_cast<std::size_t>(data_->outputs);
  for (std::int64_t row = 0; row < data_->batch; ++row) {
    const float* from = numbers + static_cast<std::size_t>(row) * classes;
    float* to = out + static_cast<std::size_t>(row) * classes;
    if (!data_->softmax) {
      std::copy_n(from, classes, to);
      continue;
    }
    const float most = *std::max_element(from, from + classes);
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k) sum += to[k] = std::exp(from[k] - most);
    for (std::size_t k = 0; k < classes; ++k) to[k] = static_cast<float>(to[k] / sum);
  }
}

}  // namespace vitrine::engine
