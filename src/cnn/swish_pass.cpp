#include "cnn/swish_pass.h"

#include <algorithm>
#include <array>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vitrine {

#if defined(__x86_64__)
namespace {

#define VITRINE_WIDE gnu::target("avx512f,avx512bw,avx512dq,avx512vl")
#define VITRINE_WIDE_HALVES gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")

constexpr std::size_t kLanes = 16;

/// 2^t for t in [0, 1], from the highest power down: minimax polynomials of the relative error,
/// 2e-9 and 7e-5.
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

/// To 1e-4. Infinities and NaN go through as through x / (1 + e^-x).
[[VITRINE_WIDE, gnu::always_inline]] inline __m512 coarse_swish(__m512 x) {
  const __m512 t = _mm512_mul_ps(x, _mm512_set1_ps(-1.44269504F));
  const __m512 fraction = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const __m512 power = _mm512_scalef_ps(polynomial(kCoarsePower, fraction), t);  // e^-x
  return _mm512_mul_ps(x, _mm512_rcp14_ps(_mm512_add_ps(power, _mm512_set1_ps(1))));
}

/// To 2e-7 (1 + |x|): what rounding t leaves.
[[VITRINE_WIDE, gnu::always_inline]] inline __m512 fine_swish(__m512 x) {
  // Beyond 2^120 the quotient is nothing beside any x. NaN stays NaN: it is the second operand.
  const __m512 t =
      _mm512_min_ps(_mm512_set1_ps(120), _mm512_mul_ps(x, _mm512_set1_ps(-1.44269504F)));
  const __m512 fraction = _mm512_reduce_ps(t, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  const __m512 power = _mm512_scalef_ps(polynomial(kFinePower, fraction), t);  // e^-x
  const __m512 divisor = _mm512_add_ps(power, _mm512_set1_ps(1));
  const __m512 first = _mm512_rcp14_ps(divisor);
  const __m512 error = _mm512_fnmadd_ps(divisor, first, _mm512_set1_ps(2));  // Newton's step
  return _mm512_mul_ps(x, _mm512_mul_ps(first, error));
}

[[VITRINE_WIDE, gnu::always_inline]] inline __m512 load_floats(const std::byte* from,
                                                               std::size_t at) {
  return _mm512_loadu_ps(from + at * sizeof(float));
}

[[VITRINE_WIDE, gnu::always_inline]] inline __m512 load_halves(const std::byte* from,
                                                               std::size_t at) {
  const __m256i halves = _mm256_loadu_epi16(from + at * sizeof(std::uint16_t));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

template <bool kSigned>
[[VITRINE_WIDE, gnu::always_inline]] inline void store_bytes(std::byte* to, std::size_t at,
                                                             __m512 numbers) {
  const __m512i rounded = _mm512_cvtps_epi32(numbers);
  const __m128i bytes =
      kSigned ? _mm512_cvtsepi32_epi8(rounded)
              : _mm512_cvtusepi32_epi8(_mm512_max_epi32(rounded, _mm512_setzero_si512()));
  _mm_storeu_epi8(to + at, bytes);
}

[[VITRINE_WIDE]] void floats_to_floats(const std::byte* from, std::byte* to, std::size_t count,
                                       float) {
  for (std::size_t at = 0; at < count; at += kLanes) {
    _mm512_storeu_ps(to + at * sizeof(float), fine_swish(load_floats(from, at)));
  }
}

[[VITRINE_WIDE_HALVES]] void halves_to_halves(const std::byte* from, std::byte* to,
                                              std::size_t count, float) {
  for (std::size_t at = 0; at < count; at += kLanes) {
    const auto halves = _mm512_cvtneps_pbh(coarse_swish(load_halves(from, at)));
    _mm256_storeu_epi16(to + at * sizeof(std::uint16_t), reinterpret_cast<const __m256i&>(halves));
  }
}

template <bool kSigned>
[[VITRINE_WIDE]] void floats_to_bytes(const std::byte* from, std::byte* to, std::size_t count,
                                      float factor) {
  for (std::size_t at = 0; at < count; at += kLanes) {
    const __m512 numbers = coarse_swish(load_floats(from, at));
    store_bytes<kSigned>(to, at, _mm512_mul_ps(numbers, _mm512_set1_ps(factor)));
  }
}

template <bool kSigned>
[[VITRINE_WIDE]] void halves_to_bytes(const std::byte* from, std::byte* to, std::size_t count,
                                      float factor) {
  for (std::size_t at = 0; at < count; at += kLanes) {
    const __m512 numbers = coarse_swish(load_halves(from, at));
    store_bytes<kSigned>(to, at, _mm512_mul_ps(numbers, _mm512_set1_ps(factor)));
  }
}

bool is_wide() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

}  // namespace

SwishPass::Kernel SwishPass::kernel_of(Type from, Type to) {
  if (!is_wide()) return nullptr;
  if (from == Type::f32 && to == Type::f32) return floats_to_floats;
  if (from == Type::f32 && to == Type::s8) return floats_to_bytes<true>;
  if (from == Type::f32 && to == Type::u8) return floats_to_bytes<false>;
  if (from == Type::bf16 && to == Type::s8) return halves_to_bytes<true>;
  if (from == Type::bf16 && to == Type::u8) return halves_to_bytes<false>;
  if (from == Type::bf16 && to == Type::bf16 && __builtin_cpu_supports("avx512bf16")) {
    return halves_to_halves;
  }
  return nullptr;
}
#else
SwishPass::Kernel SwishPass::kernel_of(Type, Type) { return nullptr; }
#endif

bool SwishPass::can_turn(Type from, Type to) { return kernel_of(from, to) != nullptr; }

SwishPass::SwishPass(Type from, Type to, std::size_t count, float scale)
    : kernel_(kernel_of(from, to)),
      count_(count),
      from_size_(dnnl::memory::data_type_size(from)),
      to_size_(dnnl::memory::data_type_size(to)),
      factor_(1 / scale) {}

void SwishPass::run(const std::byte* from, std::byte* to) const {
  constexpr std::size_t kPiece = 2048;  // two threads never write to one line of a cache
  const std::size_t pieces = (count_ + kPiece - 1) / kPiece;
#pragma omp parallel for schedule(static)
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const std::size_t first = piece * kPiece;
    kernel_(from + first * from_size_, to + first * to_size_, std::min(kPiece, count_ - first),
            factor_);
  }
}

}  // namespace vitrine
