// Pixels times a factor a channel: the end of squeeze and excite (Hu et al.,
// "Squeeze-and-Excitation Networks", 2018), where channels lie innermost.
#pragma once

#include <cstddef>
#include <dnnl.hpp>

namespace vitrine {

class GatePass {
 public:
  using Type = dnnl::memory::data_type;

  /// Whether this processor can, and the forms are such: `pixels` [N, channels, height, width] and
  /// `factors` [N, channels, 1, 1], of f32 or bf16, dense with channels last and in sixteens. What
  /// comes out lies as `pixels` do; it is of their type, s8 or u8.
  static bool can_run(const dnnl::memory::desc& pixels, const dnnl::memory::desc& factors, Type to);

  /// `scale`: what a byte of 1 stands for; 1 for others.
  GatePass(const dnnl::memory::desc& pixels, const dnnl::memory::desc& factors, Type to,
           float scale);

  /// `to` may be `pixels` where the types are one. On as many threads as a parallel region gets.
  void run(const std::byte* pixels, const std::byte* factors, std::byte* to) const;

 private:
  /// Some pixels of one picture.
  using Kernel = void (*)(const std::byte* pixels, const float* factors, std::byte* to,
                          std::size_t count, std::size_t channels);
  static Kernel kernel_of(Type from, Type to);

  Kernel kernel_;
  std::size_t pictures_, channels_, pixels_;  ///< pixels: of a picture
  std::size_t from_size_, to_size_;
  bool half_factors_;
  float inverse_;  ///< 1 / scale
};

}  // namespace vitrine
