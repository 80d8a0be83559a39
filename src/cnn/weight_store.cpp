#include "cnn/weight_store.h"

#include <algorithm>
#include <cmath>

namespace vitrine {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

/// In the graph's order.
memory::desc plain_weights(const memory::dims& dims, Type type) {
  return {dims, type, dims.size() == 4 ? Tag::oihw : Tag::goihw};
}

void reorder(const memory& from, const memory& to) {
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(from, to).execute(stream, const_cast<memory&>(from), const_cast<memory&>(to));
  stream.wait();
}

}  // namespace

dnnl::engine& cpu_engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::dims weight_dims(const Op& op) {
  const auto outputs = static_cast<std::int64_t>(op.bias.size());
  const auto inputs = op.inputs_a_group;
  if (op.groups == 1) return {outputs, inputs, op.kernel[0], op.kernel[1]};
  return {op.groups, outputs / op.groups, inputs, op.kernel[0], op.kernel[1]};
}

WeightStore::WeightStore(NetworkGraph& graph) : entries_(graph.ops.size()) {
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    Op& op = graph.ops[i];
    if (op.kind != Op::Kind::convolution) continue;
    entries_[i].forms.emplace_back(plain_weights(weight_dims(op), Type::f32), cpu_engine(),
                                   const_cast<float*>(op.weights.data()));
    entries_[i].bias = memory({{static_cast<std::int64_t>(op.bias.size())}, Type::f32, Tag::x},
                              cpu_engine(), op.bias.data());
  }
}

/// By output, symmetric: the largest weight is 127.
void WeightStore::make_bytes(Entry& entry) {
  if (!entry.scales.empty()) return;
  const memory& plain = entry.forms[0];
  const memory::desc desc = plain.get_desc();
  entry.bytes = memory(plain_weights(desc.get_dims(), Type::s8), cpu_engine());
  const auto* from = static_cast<const float*>(plain.get_data_handle());
  auto* to = static_cast<std::int8_t*>(entry.bytes.get_data_handle());
  const auto outputs = static_cast<std::size_t>(entry.bias.get_desc().get_dims()[0]);
  const std::size_t each = desc.get_size() / sizeof(float) / outputs;
  for (std::size_t o = 0; o < outputs; ++o, from += each, to += each) {
    float largest = 0;
    for (std::size_t i = 0; i < each; ++i) largest = std::max(largest, std::abs(from[i]));
    const float scale = std::isnormal(largest / 127) ? largest / 127 : 1;
    for (std::size_t i = 0; i < each; ++i) {
      const float byte = std::clamp(std::nearbyint(from[i] / scale), -127.0F, 127.0F);
      to[i] = std::isnan(byte) ? std::int8_t{0} : static_cast<std::int8_t>(byte);
    }
    entry.scales.push_back(scale);
  }
}

const std::vector<float>& WeightStore::scales(std::size_t op) {
  const std::lock_guard lock(mutex_);
  make_bytes(entries_[op]);
  return entries_[op].scales;
}

memory WeightStore::weights(std::size_t op, const memory::desc& wanted) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[op];
  for (std::size_t i = entry.plain ? 1 : 0; i < entry.forms.size(); ++i) {
    if (entry.forms[i].get_desc() == wanted) return entry.forms[i];
  }
  const bool bytes = wanted.get_data_type() == Type::s8;
  if (bytes) make_bytes(entry);
  memory made(wanted, cpu_engine());
  reorder(bytes ? entry.bytes : entry.forms[0], made);
  entry.forms.push_back(made);
  return made;
}

void WeightStore::forget_plain() {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (!entry.plain) continue;
    entry.plain = false;
    if (!entry.forms.empty()) entry.forms.erase(entry.forms.begin());
  }
}

memory WeightStore::bias(std::size_t op) { return entries_[op].bias; }

}  // namespace vitrine
