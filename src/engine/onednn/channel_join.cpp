#include "engine/onednn/channel_join.h"

#include <algorithm>
#include <cstring>

#include "engine/onednn/layout.h"

namespace vitrine::engine {
namespace {

using dnnl::memory;

/// Copies `pixels` pieces of `bytes` bytes each to positions `stride` bytes apart. `kUnit` divides
/// `bytes`.
template <std::size_t kUnit>
void scatter(const std::byte* from, std::size_t bytes, std::size_t pixels, std::byte* to,
             std::size_t stride) {
  for (std::size_t i = 0; i < pixels; ++i, to += stride) {
    for (std::size_t at = 0; at < bytes; at += kUnit, from += kUnit) {
      std::memcpy(to + at, from, kUnit);  // a fixed size is inlined
    }
  }
}

void scatter_any(const std::byte* from, std::size_t bytes, std::size_t pixels, std::byte* to,
                 std::size_t stride) {
  if (bytes % 64 == 0) return scatter<64>(from, bytes, pixels, to, stride);
  if (bytes % 16 == 0) return scatter<16>(from, bytes, pixels, to, stride);
  if (bytes % 4 == 0) return scatter<4>(from, bytes, pixels, to, stride);
  scatter<1>(from, bytes, pixels, to, stride);
}

}  // namespace

bool ChannelJoin::can_join(std::span<const memory::desc> parts) {
  return std::ranges::all_of(parts, [&](const memory::desc& part) {
    return lies_as(memory::format_tag::nhwc, part) &&
           part.get_data_type() == parts[0].get_data_type();
  });
}

ChannelJoin::ChannelJoin(std::span<const memory::desc> parts) {
  const memory::dims dims = parts[0].get_dims();
  pixels_ = static_cast<std::size_t>(dims[0] * dims[2] * dims[3]);
  for (const memory::desc& part : parts) {
    offsets_.push_back(whole_);
    bytes_.push_back(part.get_size() / pixels_);
    whole_ += bytes_.back();
  }
}

void ChannelJoin::run(std::span<const std::byte* const> parts, std::byte* to) const {
  // So many pixels fit into the L1 cache: a cache line of the result is complete before it is
  // evicted.
  const std::size_t together = std::max<std::size_t>(1, 8192 / whole_);
  const std::size_t pieces = (pixels_ + together - 1) / together;
#pragma omp parallel for schedule(static)
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t first = piece * together;
    const std::size_t count = std::min(together, pixels_ - first);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      scatter_any(parts[k] + first * bytes_[k], bytes_[k], count, to + first * whole_ + offsets_[k],
                  whole_);
    }
  }
}

}  // namespace vitrine::engine
