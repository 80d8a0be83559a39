// Multiplies pixels by one factor for each channel, the last operation of squeeze-and-excite gates
// (Hu et al., "Squeeze-and-Excitation Networks", 2018), for layouts with channels last.
#pragma once

#include <cstddef>
#include <dnnl.hpp>

namespace vitrine::engine {

class GatePass {
 public:
  using Type = dnnl::memory::data_type;

  /// True if this processor and the formats are supported: `pixels` [N, channels, height, width]
  /// and `factors` [N, channels, 1, 1] in f32 or bf16, dense with channels last, and the number of
  /// channels a multiple of 16. The result has the layout of `pixels`, and their type, s8 or u8.
  static bool can_run(const dnnl::memory::desc& pixels, const dnnl::memory::desc& factors, Type to);

  /// `scale`: the value of a byte of 1; 1 for other types.
  GatePass(const dnnl::memory::desc& pixels, const dnnl::memory::desc& factors, Type to,
           float scale);

  /// `to` may be `pixels` if the types are equal. Runs on the threads of an OpenMP parallel region.
  void run(const std::byte* pixels, const std::byte* factors, std::byte* to) const;

 private:
  /// Processes `count` pixels of one image.
  using Kernel = void (*)(const std::byte* pixels, const float* factors, std::byte* to,
                          std::size_t count, std::size_t channels);
  static Kernel kernel_of(Type from, Type to);

  Kernel kernel_;
  std::size_t images_, channels_, pixels_;  ///< pixels_: of one image
  std::size_t from_size_, to_size_;         ///< bytes of a number
  bool bf16_factors_;
  float inverse_;  ///< 1 / scale
};

}  // namespace vitrine::engine
