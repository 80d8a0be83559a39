// exp() and log() that give the same bits on every processor: the C library's differ by whether the
// processor has fused multiply-add. For loops that the compiler vectorizes; compile their files
// with -ffp-contract=off.
#pragma once

#include <bit>
#include <cstdint>

namespace vitrine {

/// e^x to about 1e-15 relative; x is taken to be within [-700, 700].
inline double portable_exp(double x) {
  x = x < -700.0 ? -700.0 : x > 700.0 ? 700.0 : x;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  const double shifted = x * 1.4426950408889634 + kRound;
  const double n = shifted - kRound;
  const double r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
  // The Taylor series: |r| is at most 0.35.
  double sum = 1.0 / 6227020800.0;
  sum = sum * r + 1.0 / 479001600.0;
  sum = sum * r + 1.0 / 39916800.0;
  sum = sum * r + 1.0 / 3628800.0;
  sum = sum * r + 1.0 / 362880.0;
  sum = sum * r + 1.0 / 40320.0;
  sum = sum * r + 1.0 / 5040.0;
  sum = sum * r + 1.0 / 720.0;
  sum = sum * r + 1.0 / 120.0;
  sum = sum * r + 1.0 / 24.0;
  sum = sum * r + 1.0 / 6.0;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  const auto exponent = std::bit_cast<std::int64_t>(shifted) << 52;
  return std::bit_cast<double>(std::bit_cast<std::int64_t>(sum) + exponent);
}

/// The natural logarithm of a normal positive number, to about 1e-15 relative to 1.
inline double portable_log(double x) {
  const auto bits = std::bit_cast<std::int64_t>(x);
  // x = m * 2^n with m in [sqrt(1/2), sqrt(2))
  const std::int64_t n = (bits - 0x3FE6A09E667F3BCD) >> 52;
  const double m = std::bit_cast<double>(bits - (n << 52));
  const double s = (m - 1) / (m + 1);  // ln(m) = 2 artanh(s), |s| is at most 0.172
  const double z = s * s;
  double sum = 1.0 / 21.0;
  sum = sum * z + 1.0 / 19.0;
  sum = sum * z + 1.0 / 17.0;
  sum = sum * z + 1.0 / 15.0;
  sum = sum * z + 1.0 / 13.0;
  sum = sum * z + 1.0 / 11.0;
  sum = sum * z + 1.0 / 9.0;
  sum = sum * z + 1.0 / 7.0;
  sum = sum * z + 1.0 / 5.0;
  sum = sum * z + 1.0 / 3.0;
  sum = sum * z + 1.0;
  const auto exponent = static_cast<double>(n);
  return exponent * 0.693147180369123816490 + (2 * s * sum + exponent * 1.90821492927058770002e-10);
}

}  // namespace vitrine
