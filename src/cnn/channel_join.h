// Values joined channel by channel where channels lie innermost: what oneDNN's own concat does,
// with the many short copies of a pixel made in place, not by calls.
#pragma once

#include <cstddef>
#include <dnnl.hpp>
#include <span>
#include <vector>

namespace vitrine {

class ChannelJoin {
 public:
  /// Dense [N, channels, height, width] of one type with channels last, which differ in channels
  /// alone.
  static bool can_join(std::span<const dnnl::memory::desc> parts);

  /// `parts` are such.
  explicit ChannelJoin(std::span<const dnnl::memory::desc> parts);

  /// `to` has room for all parts. On as many threads as a parallel region gets.
  void run(std::span<const std::byte* const> parts, std::byte* to) const;

 private:
  std::size_t pixels_;                ///< of all pictures
  std::size_t whole_ = 0;             ///< bytes of a joined pixel
  std::vector<std::size_t> bytes_;    ///< of a pixel, by part
  std::vector<std::size_t> offsets_;  ///< in a joined pixel
};

}  // namespace vitrine
