// Loads and stores 16 numbers at once with AVX-512, for passes over the values of oneDNN
// primitives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dnnl.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vitrine::engine {

inline constexpr std::size_t kLanes = 16;

#if defined(__x86_64__)
// Functions marked with these need the instructions; find_wide_kernel() checks the processor.
#define VITRINE_WIDE gnu::target("avx512f,avx512bw,avx512dq,avx512vl")
#define VITRINE_WIDE_BF16 gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")

struct FloatLanes {
  [[VITRINE_WIDE, gnu::always_inline]] static __m512 load(const std::byte* from, std::size_t at) {
    return _mm512_loadu_ps(from + at * sizeof(float));
  }
  [[VITRINE_WIDE, gnu::always_inline]] static void store(std::byte* to, std::size_t at,
                                                         __m512 numbers) {
    _mm512_storeu_ps(to + at * sizeof(float), numbers);
  }
};

struct Bf16 {
  [[VITRINE_WIDE, gnu::always_inline]] static __m512 load(const std::byte* from, std::size_t at) {
    const __m256i halves = _mm256_loadu_epi16(from + at * sizeof(std::uint16_t));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
  }
  [[VITRINE_WIDE_BF16, gnu::always_inline]] static void store(std::byte* to, std::size_t at,
                                                              __m512 numbers) {
    const auto halves = _mm512_cvtneps_pbh(numbers);
    _mm256_storeu_epi16(to + at * sizeof(std::uint16_t), reinterpret_cast<const __m256i&>(halves));
  }
};

/// s8 or u8: rounds to nearest and saturates.
template <bool kSigned>
struct Bytes {
  [[VITRINE_WIDE, gnu::always_inline]] static void store(std::byte* to, std::size_t at,
                                                         __m512 numbers) {
    const __m512i whole = _mm512_cvtps_epi32(numbers);
    const __m128i bytes =
        kSigned ? _mm512_cvtsepi32_epi8(whole)
                : _mm512_cvtusepi32_epi8(_mm512_max_epi32(whole, _mm512_setzero_si512()));
    _mm_storeu_epi8(to + at, bytes);
  }
};
#endif

/// `Pass<From, To>::run` for these types; null if the types or this processor are not supported.
/// Pass<Bf16, Bf16>::run must be marked VITRINE_WIDE_BF16, the others VITRINE_WIDE.
template <template <typename, typename> typename Pass, typename Kernel>
Kernel find_wide_kernel(dnnl::memory::data_type from, dnnl::memory::data_type to) {
#if defined(__x86_64__)
  using Type = dnnl::memory::data_type;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return nullptr;
  }
  if (from == Type::f32 && to == Type::f32) return Pass<FloatLanes, FloatLanes>::run;
  if (from == Type::f32 && to == Type::s8) return Pass<FloatLanes, Bytes<true>>::run;
  if (from == Type::f32 && to == Type::u8) return Pass<FloatLanes, Bytes<false>>::run;
  if (from == Type::bf16 && to == Type::s8) return Pass<Bf16, Bytes<true>>::run;
  if (from == Type::bf16 && to == Type::u8) return Pass<Bf16, Bytes<false>>::run;
  if (from == Type::bf16 && to == Type::bf16 && __builtin_cpu_supports("avx512bf16")) {
    return Pass<Bf16, Bf16>::run;
  }
#endif
  return nullptr;
}

}  // namespace vitrine::engine
