#include "engine/onednn/gate_pass.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "engine/onednn/layout.h"
#include "engine/onednn/wide_vectors.h"

namespace vitrine::engine {
namespace {

using dnnl::memory;

#if defined(__x86_64__)
template <typename From, typename To>
struct Gate {
  [[VITRINE_WIDE]] static void run(const std::byte* pixels, const float* factors, std::byte* to,
                                   std::size_t count, std::size_t channels) {
    for (std::size_t pixel = 0, at = 0; pixel < count; ++pixel) {
      for (std::size_t c = 0; c < channels; c += kLanes, at += kLanes) {
        To::store(to, at, _mm512_mul_ps(From::load(pixels, at), _mm512_loadu_ps(factors + c)));
      }
    }
  }
};
template <>
struct Gate<Bf16, Bf16> {
  [[VITRINE_WIDE_BF16]] static void run(const std::byte* pixels, const float* factors,
                                        std::byte* to, std::size_t count, std::size_t channels) {
    for (std::size_t pixel = 0, at = 0; pixel < count; ++pixel) {
      for (std::size_t c = 0; c < channels; c += kLanes, at += kLanes) {
        const __m512 gated = _mm512_mul_ps(Bf16::load(pixels, at), _mm512_loadu_ps(factors + c));
        Bf16::store(to, at, gated);
      }
    }
  }
};
#else
template <typename, typename>
struct Gate;
#endif

}  // namespace

GatePass::Kernel GatePass::kernel_of(Type from, Type to) {
  return find_wide_kernel<Gate, Kernel>(from, to);
}

bool GatePass::can_run(const memory::desc& pixels, const memory::desc& factors, Type to) {
  const Type type = factors.get_data_type();
  if (!lies_as(memory::format_tag::nhwc, pixels) || !lies_as(memory::format_tag::nhwc, factors) ||
      (type != Type::f32 && type != Type::bf16)) {
    return false;
  }
  const memory::dims dims = pixels.get_dims();
  return factors.get_dims() == memory::dims{dims[0], dims[1], 1, 1} &&
         static_cast<std::size_t>(dims[1]) % kLanes == 0 &&
         kernel_of(pixels.get_data_type(), to) != nullptr;
}

GatePass::GatePass(const memory::desc& pixels, const memory::desc& factors, Type to, float scale)
    : kernel_(kernel_of(pixels.get_data_type(), to)),
      images_(static_cast<std::size_t>(pixels.get_dims()[0])),
      channels_(static_cast<std::size_t>(pixels.get_dims()[1])),
      pixels_(static_cast<std::size_t>(pixels.get_dims()[2] * pixels.get_dims()[3])),
      from_size_(memory::data_type_size(pixels.get_data_type())),
      to_size_(memory::data_type_size(to)),
      bf16_factors_(factors.get_data_type() == Type::bf16),
      inverse_(1 / scale) {}

void GatePass::run(const std::byte* pixels, const std::byte* factors, std::byte* to) const {
  std::vector<float> numbers(images_ * channels_);
  if (bf16_factors_) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      std::uint16_t bf16 = 0;
      std::memcpy(&bf16, factors + i * sizeof bf16, sizeof bf16);
      numbers[i] = std::bit_cast<float>(std::uint32_t{bf16} << 16);
    }
  } else {
    std::memcpy(numbers.data(), factors, numbers.size() * sizeof(float));
  }
  for (float& one : numbers) one *= inverse_;
  const std::size_t together = std::max<std::size_t>(1, 4096 / channels_);
  const std::size_t pieces = (pixels_ + together - 1) / together;  // of one image
#pragma omp parallel for schedule(static)
  for (std::size_t piece = 0; piece < images_ * pieces; ++piece) {
    const std::size_t image = piece / pieces;
    const std::size_t first = piece % pieces * together;
    const std::size_t at = (image * pixels_ + first) * channels_;
    kernel_(pixels + at * from_size_, &numbers[image * channels_], to + at * to_size_,
            std::min(together, pixels_ - first), channels_);
  }
}

}  // namespace vitrine::engine
