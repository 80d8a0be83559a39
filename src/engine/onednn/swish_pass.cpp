#include "engine/onednn/swish_pass.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "engine/onednn/wide_vectors.h"

namespace vitrine::engine {

namespace {

#if defined(__x86_64__)

/// Coefficients of 2^t for t in [0, 1], from the highest power down: minimax polynomials with
/// relative errors of 2e-9 and 7e-5.
constexpr std::array kFinePower{
    2.1702255e-4F, 1.24396873e-3F, 9.67884064e-3F, 5.5483341e-2F, 0.24022983F, 0.693147F, 1.0F};
constexpr std::array kCoarsePower{7.8024521e-2F, 0.22606716F, 0.69583356F, 0.9999252F};

template <std::size_t kCount>
[[VITRINE_WIDE, gnu::always_inline]] inline __m512 polynomial(
    const std::array<float, kCount>& factors, __m512 t) {
  __m512 sum = _mm512_set1_ps(factors[0]);
#pragma GCC unroll 8
  for (std::size_t i = 1; i < kCount; ++i) {
    sum = _mm512_fmadd_ps(sum, t, _mm512_set1_ps(factors[i]));
  }
  return sum;
}

/// Swish with a relative error of 1e-4. Infinities and NaN give the same results as x / (1 + e^-x).
[[VITRINE_WIDE, gnu::always_inline]] inline __m512 coarse_swish(__m512 x) {
  const __m512 t = _mm512_mul_ps(x, _mm512_set1_ps(-1.44269504F));
  const __m512 fraction = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const __m512 power = _mm512_scalef_ps(polynomial(kCoarsePower, fraction), t);  // e^-x
  return _mm512_mul_ps(x, _mm512_rcp14_ps(_mm512_add_ps(power, _mm512_set1_ps(1))));
}

/// Swish with a relative error of 2e-7 * (1 + |x|), from the rounding of t.
[[VITRINE_WIDE, gnu::always_inline]] inline __m512 fine_swish(__m512 x) {
  // t is limited to 120, where the result is negligible for any x. NaN must be the second operand
  // of min to be kept.
  const __m512 t =
      _mm512_min_ps(_mm512_set1_ps(120), _mm512_mul_ps(x, _mm512_set1_ps(-1.44269504F)));
  const __m512 fraction = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const __m512 power = _mm512_scalef_ps(polynomial(kFinePower, fraction), t);  // e^-x
  const __m512 divisor = _mm512_add_ps(power, _mm512_set1_ps(1));
  const __m512 first = _mm512_rcp14_ps(divisor);
  const __m512 error = _mm512_fnmadd_ps(divisor, first, _mm512_set1_ps(2));  // Newton's step
  return _mm512_mul_ps(x, _mm512_mul_ps(first, error));
}

template <typename From, typename To>
struct Swish {
  [[VITRINE_WIDE]] static void run(const std::byte* from, std::byte* to, std::size_t count,
                                   float factor) {
    for (std::size_t at = 0; at < count; at += kLanes) {
      const __m512 x = From::load(from, at);
      if constexpr (std::is_same_v<To, FloatLanes>) {
        To::store(to, at, fine_swish(x));
      } else {
        To::store(to, at, _mm512_mul_ps(coarse_swish(x), _mm512_set1_ps(factor)));
      }
    }
  }
};
template <>
struct Swish<Bf16, Bf16> {
  [[VITRINE_WIDE_BF16]] static void run(const std::byte* from, std::byte* to, std::size_t count,
                                        float) {
    for (std::size_t at = 0; at < count; at += kLanes) {
      Bf16::store(to, at, coarse_swish(Bf16::load(from, at)));
    }
  }
};
#else
template <typename, typename>
struct Swish;
#endif

}  // namespace

SwishPass::Kernel SwishPass::kernel_of(Type from, Type to) {
  return find_wide_kernel<Swish, Kernel>(from, to);
}

bool SwishPass::can_turn(Type from, Type to) { return kernel_of(from, to) != nullptr; }

SwishPass::SwishPass(Type from, Type to, std::size_t count, float scale)
    : kernel_(kernel_of(from, to)),
      count_(count),
      from_size_(dnnl::memory::data_type_size(from)),
      to_size_(dnnl::memory::data_type_size(to)),
      factor_(1 / scale) {}

void SwishPass::run(const std::byte* from, std::byte* to) const {
  constexpr std::size_t kPiece = 2048;  // threads never write to the same cache line
  const std::size_t pieces = (count_ + kPiece - 1) / kPiece;
#pragma omp parallel for schedule(static)
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t first = piece * kPiece;
    kernel_(from + first * from_size_, to + first * to_size_, std::min(kPiece, count_ - first),
            factor_);
  }
}

}  // namespace vitrine::engine
