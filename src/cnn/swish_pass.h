// x sigmoid(x) of many numbers at once. Inside oneDNN's convolutions it costs EfficientNet-b0 a third
// to a half of its time; a pass of its own over what the convolution wrote costs a fifth to a half of
// that.
#pragma once

#include <cstddef>
#include <dnnl.hpp>

namespace vitrine {

class SwishPass {
 public:
  using Type = dnnl::memory::data_type;

  /// Whether this processor can: f32 to f32, s8 or u8, bf16 to bf16, s8 or u8.
  static bool can_turn(Type from, Type to);

  /// `scale`: what a byte of 1 stands for; of no use else.
  SwishPass(Type from, Type to, std::size_t count, float scale);

  /// `count` numbers, and room on both sides for the next multiple of 16; `to` may be `from` where
  /// the types are one. f32 comes out to 2e-7 (1 + |x|) of its size; the others, before they are
  /// rounded, to 1e-4. On as many threads as a parallel region gets.
  void run(const std::byte* from, std::byte* to) const;

 private:
  using Kernel = void (*)(const std::byte* from, std::byte* to, std::size_t count, float factor);
  static Kernel kernel_of(Type from, Type to);

  Kernel kernel_;
  std::size_t count_, from_size_, to_size_;
  float factor_;  ///< 1 / scale
};

}  // namespace vitrine
