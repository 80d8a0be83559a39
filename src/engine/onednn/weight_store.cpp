#include "engine/onednn/weight_store.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>

#include "base/clones.h"
#include "engine/onednn/omp_threads.h"

namespace vitrine::engine {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Type = memory::data_type;

/// The graph's layout.
memory::desc plain_weights(const memory::dims& dims, Type type) {
  return {dims, type, dims.size() == 4 ? Tag::oihw : Tag::goihw};
}

/// Makes the kernel map all pages of new memory at once. Page faults at the first write to each
/// page would take longer than the writing.
void get_pages(const memory& fresh) {
  constexpr std::uintptr_t kPage = 4096;
  const auto begin = reinterpret_cast<std::uintptr_t>(fresh.get_data_handle());
  const std::uintptr_t first = (begin + kPage - 1) / kPage * kPage;
  const std::uintptr_t last = (begin + fresh.get_desc().get_size()) / kPage * kPage;
  if (last <= first + 16 * kPage) return;
  ::madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE);  // optional
}

/// Converts a layout on this thread only.
void reorder(const memory& from, const memory& to) {
  const OmpThreads alone(1);
  dnnl::stream stream(cpu_engine());
  dnnl::reorder(from, to).execute(stream, const_cast<memory&>(from), const_cast<memory&>(to));
  stream.wait();
}

VITRINE_CLONES float largest_of(const float* from, std::size_t count) {
  float largest = 0;
#pragma omp simd reduction(max : largest)
  for (std::size_t i = 0; i < count; ++i) {
    const float size = std::abs(from[i]);
    largest = size > largest ? size : largest;
  }
  return largest;
}

VITRINE_CLONES void turn_into_bytes(const float* from, std::size_t count, float scale,
                                    std::int8_t* to) {
#pragma omp simd
  for (std::size_t i = 0; i < count; ++i) {
    float byte = std::nearbyint(from[i] / scale);
    byte = byte > 127 ? 127 : byte;
    byte = byte < -127 ? -127 : byte;
    byte = byte == byte ? byte : 0;  // NaN
    to[i] = static_cast<std::int8_t>(static_cast<std::int32_t>(byte));
  }
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
    entries_[i].plain = &op.weights;
    entries_[i].dims = weight_dims(op);
    entries_[i].bias = memory({{static_cast<std::int64_t>(op.bias.size())}, Type::f32, Tag::x},
                              cpu_engine(), op.bias.data());
  }
}

/// Symmetric scales by output channel: the largest weight becomes 127.
void WeightStore::measure_scales(Entry& entry) {
  if (!entry.scales.empty()) return;
  std::vector<float> room;
  const float* from = entry.plain->in_place_or(room);
  const auto outputs = static_cast<std::size_t>(entry.bias.get_desc().get_dims()[0]);
  const std::size_t each = entry.plain->size() / outputs;
  for (std::size_t o = 0; o < outputs; ++o, from += each) {
    const float scale = largest_of(from, each) / 127;
    entry.scales.push_back(std::isnormal(scale) ? scale : 1);
  }
}

void WeightStore::make_bytes(Entry& entry) {
  std::vector<float> room;
  const float* from = entry.plain->in_place_or(room);
  const memory made(plain_weights(entry.dims, Type::s8), cpu_engine());
  auto* to = static_cast<std::int8_t*>(made.get_data_handle());
  const std::size_t each = entry.plain->size() / entry.scales.size();
  for (const float scale : entry.scales) {
    turn_into_bytes(from, each, scale, to);
    from += each;
    to += each;
  }
  entry.bytes = made;
}

void WeightStore::fill(Entry& entry, Form& form) {
  if (form.memory.get_desc().get_data_type() == Type::s8) {
    if (!entry.bytes) make_bytes(entry);
    reorder(entry.bytes, form.memory);
  } else if (entry.plain != nullptr) {
    get_pages(form.memory);
    std::vector<float> room;
    const memory plain(plain_weights(entry.dims, Type::f32), cpu_engine(),
                       const_cast<float*>(entry.plain->in_place_or(room)));
    reorder(plain, form.memory);
  } else {
    reorder(entry.forms[0].memory, form.memory);
  }
  form.filled = true;
}

const std::vector<float>& WeightStore::scales(std::size_t op) {
  const std::lock_guard lock(mutex_);
  measure_scales(entries_[op]);
  return entries_[op].scales;
}

memory WeightStore::weights(std::size_t op, const memory::desc& wanted, BackgroundTasks& layouts) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[op];
  auto form = std::ranges::find_if(
      entry.forms, [&](const Form& one) { return one.memory.get_desc() == wanted; });
  if (form == entry.forms.end()) {
    entry.forms.push_back({memory(wanted, cpu_engine())});
    form = entry.forms.end() - 1;
  }
  if (!form->filled) {
    if (wanted.get_data_type() == Type::s8) measure_scales(entry);
    layouts.add([&entry, place = form - entry.forms.begin()] {
      fill(entry, entry.forms[static_cast<std::size_t>(place)]);
    });
  }
  return form->memory;
}

void WeightStore::forget_plain() {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) entry.plain = nullptr;
}

memory WeightStore::bias(std::size_t op) { return entries_[op].bias; }

}  // namespace vitrine::engine
