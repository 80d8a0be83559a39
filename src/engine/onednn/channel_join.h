// Concatenates values along the channels, for layouts with channels last. The same as oneDNN's
// concat, but the many short copies of a pixel are inlined instead of function calls.
#pragma once

#include <cstddef>
#include <dnnl.hpp>
#include <span>
#include <vector>

namespace vitrine::engine {

class ChannelJoin {
 public:
  /// True if all parts are dense [N, channels, height, width] of one type with channels last. They
  /// may differ only in the number of channels.
  static bool can_join(std::span<const dnnl::memory::desc> parts);

  /// Requires can_join(parts).
  explicit ChannelJoin(std::span<const dnnl::memory::desc> parts);

  /// `to` must have room for all parts. Runs on the threads of an OpenMP parallel region.
  void run(std::span<const std::byte* const> parts, std::byte* to) const;

 private:
  std::size_t pixels_;                ///< pixels of all images
  std::size_t whole_ = 0;             ///< bytes of a joined pixel
  std::vector<std::size_t> bytes_;    ///< by part: bytes of a pixel
  std::vector<std::size_t> offsets_;  ///< by part: offset in a joined pixel
};

}  // namespace vitrine::engine
