#include "cnn/value_forms.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/file.h"

namespace vitrine {
namespace {

using Type = dnnl::memory::data_type;
using Kind = Op::Kind;

/// A full connection whose weights are many: reading them is what it costs.
bool is_wide(const Op& op) {
  constexpr std::int64_t kMany = 1 << 19;
  return static_cast<std::int64_t>(op.bias.size()) * op.inputs_a_group >= kMany;
}

bool connects(const NetworkGraph& graph, const Op& op) {
  const ValueShape& from = graph.values[op.inputs[0]];
  return op.kind == Kind::convolution && from.height == 1 && from.width == 1;
}

/// The end of the network is computed in f32 whatever its precision: the output, and on the way
/// back all that is made of single numbers a channel, and what is pooled into them. It costs next
/// to nothing, and its rounding would show in every probability. Not so before a wide connection,
/// such as that to a thousand classes.
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
  // Others that read such a value, or make it otherwise than by a convolution, can't change types.
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

/// Which values can be bytes, and which of them have one scale.
class Bytes {
 public:
  /// `spared`: how many convolutions, from the first, are not to compute with bytes.
  Bytes(const NetworkGraph& graph, const std::vector<bool>& exact, std::size_t spared)
      : graph_(graph),
        can_(graph.values.size()),
        computes_(graph.ops.size()),
        group_(graph.values.size()) {
    for (ValueId v = 0; v < can_.size(); ++v) can_[v] = !exact[v];
    for (std::size_t i = 0; i < computes_.size(); ++i) {
      const Op& op = graph.ops[i];
      if (op.kind != Kind::convolution || exact[op.inputs[0]]) continue;
      computes_[i] = spared == 0 && !(connects(graph, op) && is_wide(op));
      if (spared > 0) --spared;
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
  /// A sum of bytes goes where one of them was; only what lies there knows its scale.
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
  /// All of them or none.
  void tie(const Op& op) {
    bool all = can_[op.output];
    for (const ValueId v : op.inputs) all = all && can_[v];
    if (all) return;
    forbid(op.output);
    for (const ValueId v : op.inputs) forbid(v);
  }
  /// Products for each number that would have to be turned into a byte: turning one costs about as
  /// much as some ten of them.
  static bool is_worth_turning(const Op& op) {
    constexpr std::int64_t kFew = 32;
    const auto outputs = static_cast<std::int64_t>(op.bias.size()) / op.groups;
    return outputs * op.kernel[0] * op.kernel[1] >= kFew * op.stride[0] * op.stride[1];
  }
  void constrain(std::size_t i) {
    const Op& op = graph_.ops[i];
    switch (op.kind) {
      case Kind::picture:
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
        // A mean of a plane is one of many numbers: rounded to a byte it would be spoilt.
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
        for (const ValueId v : op.inputs) forbid(v);  // its product may be bytes
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

/// What pixels can be, whatever the photos were.
Range range_of_pixels(const Op& picture) {
  Range range;
  for (std::size_t c = 0; c < picture.scale.size(); ++c) {
    for (const float byte : {0.0F, 255.0F}) {
      range.least = std::min(range.least, byte * picture.scale[c] + picture.shift[c]);
      range.most = std::max(range.most, byte * picture.scale[c] + picture.shift[c]);
    }
  }
  return range;
}

/// The values of the first convolutions in f32, and with them all that other ops tie to these: such
/// an op has one type, but for a product, whose factors may be of another.
void spare_first(const NetworkGraph& graph, std::size_t spared, ValueForms& forms) {
  const auto is_wide = [&](ValueId v) { return forms.kept[v].type == Type::f32; };
  std::size_t convolutions = 0;
  for (const Op& op : graph.ops) {
    const bool first = op.kind == Kind::convolution ? convolutions++ < spared
                                                    : op.kind == Kind::picture && spared > 0;
    if (first) forms.kept[op.output].type = Type::f32;
  }
  for (bool changed = spared > 0; changed;) {
    changed = false;
    for (const Op& op : graph.ops) {
      if (op.kind == Kind::convolution || op.kind == Kind::picture) continue;
      std::vector<ValueId> tied{op.inputs[0], op.output};
      if (op.kind != Kind::multiply) tied.insert(tied.end(), op.inputs.begin(), op.inputs.end());
      if (std::ranges::none_of(tied, is_wide) || std::ranges::all_of(tied, is_wide)) continue;
      for (const ValueId v : tied) forms.kept[v].type = Type::f32;
      changed = true;
    }
  }
}

ValueForm bytes_of(const Range& range) {
  const bool negative = range.least < 0;
  const float largest = negative ? std::max(-range.least, range.most) / 127 : range.most / 255;
  return {negative ? Type::s8 : Type::u8, std::isnormal(largest) ? largest : 1.0F};
}

}  // namespace

ValueForms choose_value_forms(const NetworkGraph& graph, Precision precision,
                              const ActivationRanges* ranges, std::size_t spared) {
  const std::size_t count = graph.values.size();
  const std::vector<bool> exact = exact_values(graph);
  const bool half = precision == Precision::bf16 || (precision == Precision::int8 && has_bf16());
  ValueForms forms;
  forms.kept.resize(count);
  forms.taken.resize(count);
  forms.in_bytes.resize(graph.ops.size());
  for (ValueId v = 0; v < count; ++v) {
    forms.kept[v].type = half && !exact[v] ? Type::bf16 : Type::f32;
  }
  if (precision == Precision::bf16) spare_first(graph, spared, forms);
  if (precision != Precision::int8) return forms;
  if (ranges == nullptr || ranges->network != fingerprint_of(graph) ||
      ranges->least.size() != count || ranges->most.size() != count) {
    throw dnnl::error(dnnl_invalid_arguments, "there are no ranges of its values for int8");
  }
  const Bytes bytes(graph, exact, ranges->spared);
  std::vector<Range> groups(count);
  const auto widen = [&](ValueId v, const Range& range) {
    Range& group = groups[bytes.group(v)];
    group.least = std::min(group.least, range.least);
    group.most = std::max(group.most, range.most);
  };
  for (const Op& op : graph.ops) {
    const ValueId v = op.output;
    widen(v, op.kind == Kind::picture ? range_of_pixels(op)
                                      : Range{ranges->least[v], ranges->most[v]});
  }
  for (ValueId v = 0; v < count; ++v) {
    const ValueForm form = bytes_of(groups[bytes.group(v)]);
    if (bytes.can(v)) forms.kept[v] = form;
    forms.taken[v] = form;
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

// Without VNNI a product of bytes costs about as much as one of floats, and its sums may overflow.
bool has_int8() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_vnni; }

}  // namespace vitrine
