#include "engine/onednn/data_formats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/file.h"

namespace vitrine::engine {
namespace {

using Type = dnnl::memory::data_type;
using Kind = Op::Kind;

/// A fully connected layer with many weights, whose cost is reading them.
bool is_wide(const Op& op) {
  constexpr std::int64_t kMany = 1 << 19;
  return static_cast<std::int64_t>(op.bias.size()) * op.inputs_a_group >= kMany;
}

bool connects(const NetworkGraph& graph, const Op& op) {
  const ValueShape& from = graph.values[op.inputs[0]];
  return op.kind == Kind::convolution && from.height == 1 && from.width == 1;
}

/// The values at the end of the network that are computed in f32 for all precisions: the output,
/// and going back from it, values with one number for each channel and the values that are pooled
/// into them. They cost almost nothing, and their rounding would affect every probability. The walk
/// stops at a fully connected layer with many weights, such as that of a thousand classes.
std::vector<bool> exact_values(const NetworkGraph& graph) {
  std::vector<bool> exact(graph.values.size(), false);
  exact[graph.output] = true;
  for (std::size_t i = graph.ops.size(); i-- > 0;) {
    const Op& op = graph.ops[i];
    if (!exact[op.output] || op.inputs.empty()) continue;
    const bool pools = op.kind == Kind::average_pool;
    if (!pools && (!connects(graph, op) || is_wide(op))) continue;
    exact[op.inputs[0]] = true;
    if (op.residual != kNoValue) exact[op.residual] = true;
  }
  // Only convolutions and average pools can change the type. If another op reads or writes such a
  // value, only the output is f32.
  for (const Op& op : graph.ops) {
    const bool free = op.kind == Kind::convolution || op.kind == Kind::average_pool;
    const auto mixed = [&](ValueId v) { return exact[v] && !exact[op.output]; };
    if (std::ranges::any_of(op.inputs, mixed) || (!free && exact[op.output]) ||
        (op.residual != kNoValue && exact[op.residual] != exact[op.output])) {
      exact.assign(graph.values.size(), false);
      exact[graph.output] = true;
      break;
    }
  }
  return exact;
}

/// Finds the values that can be stored as bytes, and groups of values that must share one scale.
class Bytes {
 public:
  /// `skip_first_layers`: the number of first convolutions that do not compute in int8.
  Bytes(const NetworkGraph& graph, const std::vector<bool>& exact, std::size_t skip_first_layers)
      : graph_(graph),
        can_(graph.values.size()),
        computes_(graph.ops.size()),
        group_(graph.values.size()) {
    for (ValueId v = 0; v < can_.size(); ++v) can_[v] = !exact[v];
    for (std::size_t i = 0; i < computes_.size(); ++i) {
      const Op& op = graph.ops[i];
      if (op.kind != Kind::convolution || exact[op.inputs[0]]) continue;
      computes_[i] = skip_first_layers == 0 && !(connects(graph, op) && is_wide(op));
      if (skip_first_layers > 0) --skip_first_layers;
    }
    forbid_residuals_that_live_on();
    std::iota(group_.begin(), group_.end(), ValueId{0});
    do {
      changed_ = false;
      for (std::size_t i = 0; i < graph.ops.size(); ++i) constrain(i);
    } while (changed_);
    for (const Op& op : graph.ops) {
      if (!passes_on(op) || !can_[op.output]) continue;
      for (const ValueId v : op.inputs) group_[group(v)] = group(op.output);
    }
  }

  bool can(ValueId v) const { return can_[v]; }
  bool computes(std::size_t op) const { return computes_[op]; }
  ValueId group(ValueId v) const {
    while (group_[v] != v) v = group_[v];
    return v;
  }

 private:
  static bool passes_on(const Op& op) {
    return op.kind == Kind::max_pool || op.kind == Kind::average_pool || op.kind == Kind::concat ||
           op.kind == Kind::shuffle || op.kind == Kind::slice;
  }
  /// A convolution that adds a residual in bytes writes over it, so the residual must not be read
  /// later.
  void forbid_residuals_that_live_on() {
    const auto last = last_readers(graph_);
    for (std::size_t i = 0; i < graph_.ops.size(); ++i) {
      const Op& op = graph_.ops[i];
      if (op.residual == kNoValue) continue;
      if (last[op.residual] != i || op.residual == op.inputs[0]) can_[op.residual] = false;
    }
  }
  void forbid(ValueId v) {
    changed_ = changed_ || can_[v];
    can_[v] = false;
  }
  /// Inputs and output are all bytes or none of them.
  void tie(const Op& op) {
    bool all = can_[op.output];
    for (const ValueId v : op.inputs) all = all && can_[v];
    if (all) return;
    forbid(op.output);
    for (const ValueId v : op.inputs) forbid(v);
  }
  /// True if a convolution makes enough products for each number that must be converted into a
  /// byte: a conversion costs about as much as some ten products.
  static bool is_worth_turning(const Op& op) {
    constexpr std::int64_t kFew = 32;
    const auto outputs = static_cast<std::int64_t>(op.bias.size()) / op.groups;
    return outputs * op.kernel[0] * op.kernel[1] >= kFew * op.stride[0] * op.stride[1];
  }
  void constrain(std::size_t i) {
    const Op& op = graph_.ops[i];
    switch (op.kind) {
      case Kind::image:
        return;
      case Kind::convolution:
        if (!can_[op.inputs[0]] && !is_worth_turning(op)) computes_[i] = false;
        if (!computes_[i]) {
          forbid(op.inputs[0]);
          forbid(op.output);
        }
        if (op.residual != kNoValue && !can_[op.output]) forbid(op.residual);
        return;
      case Kind::average_pool: {
        // Global average pools are never quantized: a mean of many numbers would lose its
        // precision.
        const ValueShape& out = graph_.values[op.output];
        if (out.height == 1 && out.width == 1) forbid(op.output);
        return tie(op);
      }
      case Kind::max_pool:
      case Kind::concat:
      case Kind::shuffle:
      case Kind::slice:
      case Kind::add:
        return tie(op);
      case Kind::multiply:
        for (const ValueId v : op.inputs) forbid(v);  // but the product may be bytes
        return;
      case Kind::activate:
      case Kind::affine:
        for (const ValueId v : op.inputs) forbid(v);
        return forbid(op.output);
    }
    unknown_kind("operator", op.kind);
  }

  const NetworkGraph& graph_;
  std::vector<bool> can_;
  std::vector<bool> computes_;
  std::vector<ValueId> group_;
  bool changed_ = false;
};

struct Range {
  float least = 0;  ///< at most 0
  float most = 0;   ///< at least 0
};

/// The range of all possible pixels, independent of the measured photos.
Range range_of_pixels(const Op& image) {
  Range range;
  for (std::size_t c = 0; c < image.scale.size(); ++c) {
    for (const float byte : {0.0F, 255.0F}) {
      range.least = std::min(range.least, byte * image.scale[c] + image.shift[c]);
      range.most = std::max(range.most, byte * image.scale[c] + image.shift[c]);
    }
  }
  return range;
}

/// Sets the values of the first convolutions to f32, and all values that other ops tie to them: the
/// inputs and output of such an op have one type, except for the second factor of a product.
void skip_first(const NetworkGraph& graph, std::size_t skip_first_layers, DataFormats& forms) {
  const auto is_wide = [&](ValueId v) { return forms.kept[v].type == Type::f32; };
  std::size_t convolutions = 0;
  for (const Op& op : graph.ops) {
    const bool first = op.kind == Kind::convolution
                           ? convolutions++ < skip_first_layers
                           : op.kind == Kind::image && skip_first_layers > 0;
    if (first) forms.kept[op.output].type = Type::f32;
  }
  for (bool changed = skip_first_layers > 0; changed;) {
    changed = false;
    for (const Op& op : graph.ops) {
      if (op.kind == Kind::convolution || op.kind == Kind::image) continue;
      std::vector<ValueId> tied{op.inputs[0], op.output};
      if (op.kind != Kind::multiply) tied.insert(tied.end(), op.inputs.begin(), op.inputs.end());
      if (std::ranges::none_of(tied, is_wide) || std::ranges::all_of(tied, is_wide)) continue;
      for (const ValueId v : tied) forms.kept[v].type = Type::f32;
      changed = true;
    }
  }
}

DataFormat bytes_of(const Range& range) {
  const bool negative = range.least < 0;
  const float largest = negative ? std::max(-range.least, range.most) / 127 : range.most / 255;
  return {negative ? Type::s8 : Type::u8, std::isnormal(largest) ? largest : 1.0F};
}

}  // namespace

DataFormats choose_data_formats(const NetworkGraph& graph, Precision precision,
                                const model::ActivationRanges* ranges,
                                std::size_t skip_first_layers) {
  const std::size_t count = graph.values.size();
  const std::vector<bool> exact = exact_values(graph);
  const bool bf16 = precision == Precision::bf16 || (precision == Precision::int8 && has_bf16());
  DataFormats forms;
  forms.kept.resize(count);
  forms.accepted.resize(count);
  forms.in_bytes.resize(graph.ops.size());
  for (ValueId v = 0; v < count; ++v) {
    forms.kept[v].type = bf16 && !exact[v] ? Type::bf16 : Type::f32;
  }
  if (precision == Precision::bf16) skip_first(graph, skip_first_layers, forms);
  if (precision != Precision::int8) return forms;
  if (ranges == nullptr || ranges->network != fingerprint_of(graph) ||
      ranges->least.size() != count || ranges->most.size() != count) {
    throw dnnl::error(dnnl_invalid_arguments,
                      "there are no activation ranges of this network for int8");
  }
  const Bytes bytes(graph, exact, ranges->skip_first_layers);
  std::vector<Range> groups(count);
  const auto widen = [&](ValueId v, const Range& range) {
    Range& group = groups[bytes.group(v)];
    group.least = std::min(group.least, range.least);
    group.most = std::max(group.most, range.most);
  };
  for (const Op& op : graph.ops) {
    const ValueId v = op.output;
    widen(v,
          op.kind == Kind::image ? range_of_pixels(op) : Range{ranges->least[v], ranges->most[v]});
  }
  for (ValueId v = 0; v < count; ++v) {
    const DataFormat form = bytes_of(groups[bytes.group(v)]);
    if (bytes.can(v)) forms.kept[v] = form;
    forms.accepted[v] = form;
  }
  for (std::size_t i = 0; i < graph.ops.size(); ++i) forms.in_bytes[i] = bytes.computes(i);
  return forms;
}

std::string fingerprint_of(const NetworkGraph& graph) {
  std::string text;
  const auto add = [&](auto number) { text += std::to_string(number) + ","; };
  for (const ValueShape& shape : graph.values) {
    add(shape.channels), add(shape.height), add(shape.width);
  }
  for (const Op& op : graph.ops) {
    add(static_cast<int>(op.kind)), add(static_cast<int>(op.activation.kind)), add(op.output);
    add(op.groups), add(op.residual);
    for (const ValueId v : op.inputs) add(v);
    text += ";";
  }
  return sha256_hex(text).substr(0, 16);
}

bool has_bf16() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_bf16; }

// Without VNNI, products of bytes cost about as much as those of floats, and sums may overflow.
bool has_int8() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_vnni; }

}  // namespace vitrine::engine
