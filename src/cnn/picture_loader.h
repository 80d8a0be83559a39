// Pixels as the first convolution wants them: scaled, shifted and laid out in one pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>
#include <vector>

#include "cnn/network_graph.h"

namespace vitrine {

class PictureLoader {
 public:
  /// Plain layouts of f32, bf16 and bytes, with channels first or last.
  static bool can_fill(const dnnl::memory::desc& desc);

  PictureLoader(const Op& picture, std::int64_t batch, std::int64_t height, std::int64_t width,
                const dnnl::memory::desc& desc, float scale_of_bytes = 1);

  /// `pixels`: RGB bytes, row after row, picture after picture. On as many threads as a parallel
  /// region gets.
  void load(const std::uint8_t* pixels, std::byte* to) const;

 private:
  template <typename T>
  void load_as(const std::array<std::array<T, 256>, 3>& table, const std::uint8_t* pixels,
               T* to) const;

  std::size_t pictures_;
  std::size_t plane_;  ///< pixels
  bool channels_last_;
  dnnl::memory::data_type type_;
  std::array<std::size_t, 3> from_;                     ///< the pixel's byte of a channel
  std::array<std::array<float, 256>, 3> value_;         ///< by channel and byte
  std::array<std::array<std::uint16_t, 256>, 3> bits_;  ///< the same as bf16
  std::array<std::array<std::uint8_t, 256>, 3> bytes_;  ///< the same in bytes, signed ones too
};

}  // namespace vitrine
