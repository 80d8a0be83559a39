// Converts pixels to the layout of the first convolution: scales, shifts and reorders them in one
// pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>
#include <vector>

#include "engine/onednn/network_graph.h"

namespace vitrine::engine {

class ImageLoader {
 public:
  /// True for dense layouts of f32, bf16, s8 and u8, with channels first or last.
  static bool can_fill(const dnnl::memory::desc& desc);

  ImageLoader(const Op& image, std::int64_t batch, std::int64_t height, std::int64_t width,
              const dnnl::memory::desc& desc, float scale_of_bytes = 1);

  /// `pixels`: RGB bytes, row by row, image by image. Runs on the threads of an OpenMP parallel
  /// region.
  void load(const std::uint8_t* pixels, std::byte* to) const;

 private:
  template <typename T>
  void load_as(const std::array<std::array<T, 256>, 3>& table, const std::uint8_t* pixels,
               T* to) const;

  std::size_t images_;
  std::size_t plane_;  ///< pixels of an image
  bool channels_last_;
  dnnl::memory::data_type type_;
  std::array<std::size_t, 3> from_;                     ///< by channel: byte of the pixel
  std::array<std::array<float, 256>, 3> value_;         ///< by channel and byte
  std::array<std::array<std::uint16_t, 256>, 3> bits_;  ///< the same as bf16
  std::array<std::array<std::uint8_t, 256>, 3> bytes_;  ///< the same as s8 or u8
};

}  // namespace vitrine::engine
