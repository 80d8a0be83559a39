// Compares SwishPass with x * sigmoid(x) in double precision.
#include "engine/onednn/swish_pass.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace vitrine::engine {
namespace {

using Type = SwishPass::Type;

std::uint16_t bf16_of_float(float x) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16);
}
float number_of(std::uint16_t bf16) { return std::bit_cast<float>(std::uint32_t{bf16} << 16); }

double swish(double x) { return x / (1 + std::exp(-x)); }

/// All finite numbers of bf16, which are also used to test f32.
std::vector<float> numbers() {
  std::vector<float> out;
  for (std::uint32_t bf16 = 0; bf16 < 0x10000; ++bf16) {
    const float x = number_of(static_cast<std::uint16_t>(bf16));
    if (std::isfinite(x)) out.push_back(x);
  }
  return out;  // 65,024 numbers
}

std::vector<float> passed(Type from, Type to, const std::vector<float>& in, float scale = 1) {
  const std::size_t room = (in.size() + 15) / 16 * 16;
  std::vector<std::byte> before(room * sizeof(float)), after(room * sizeof(float));
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::uint16_t bf16 = bf16_of_float(in[i]);
    if (from == Type::f32) std::memcpy(&before[i * 4], &in[i], 4);
    if (from == Type::bf16) std::memcpy(&before[i * 2], &bf16, 2);
  }
  const bool in_place = from == to;
  SwishPass(from, to, in.size(), scale).run(before.data(), in_place ? before.data() : after.data());
  const std::vector<std::byte>& result = in_place ? before : after;
  std::vector<float> out;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (to == Type::s8) out.push_back(static_cast<float>(static_cast<std::int8_t>(result[i])));
    if (to == Type::u8) out.push_back(static_cast<float>(static_cast<std::uint8_t>(result[i])));
    if (to == Type::f32) {
      float x = 0;
      std::memcpy(&x, &result[i * 4], 4);
      out.push_back(x);
    }
    if (to == Type::bf16) {
      std::uint16_t bf16 = 0;
      std::memcpy(&bf16, &result[i * 2], 2);
      out.push_back(number_of(bf16));
    }
  }
  return out;
}

class Swish : public testing::TestWithParam<Type> {
 protected:
  void SetUp() override {
    if (!SwishPass::can_turn(GetParam(), GetParam())) GTEST_SKIP() << "no AVX-512 for it here";
  }
};

TEST_P(Swish, MatchesDoublePrecision) {
  const Type type = GetParam();
  const bool fine = type == Type::f32;
  const std::vector<float> in = numbers();
  for (const int threads : {1, 2, 3}) {
    omp_set_num_threads(threads);
    const auto got = passed(type, type, in);
    for (std::size_t i = 0; i < in.size(); ++i) {
      const double wanted = swish(in[i]);
      const double size = fine ? 2e-7 * (1 + std::max(0.0F, -in[i])) : 4.1e-3;
      // The divisor is limited to 2^120, and normal numbers end at 1e-38.
      const double allowed = std::abs(wanted) * size + std::abs(in[i]) * 1e-36 + 1.2e-38;
      ASSERT_NEAR(got[i], wanted, allowed) << "of " << in[i] << ", " << threads << " threads";
    }
  }
}

TEST_P(Swish, KeepsNanInfinityAndZero) {
  const float infinity = std::numeric_limits<float>::infinity();
  const auto got = passed(GetParam(), GetParam(), {std::nanf(""), infinity, 0.0F, 1.0F});
  EXPECT_TRUE(std::isnan(got[0]));
  EXPECT_EQ(got[1], infinity);
  EXPECT_EQ(got[2], 0);
  EXPECT_NEAR(got[3], swish(1), 4e-3);
}

TEST_P(Swish, RoundsToTheNearestByte) {
  std::vector<float> in;
  for (float x = -20; x < 20; x += 1.0F / 16) in.push_back(x);
  constexpr float kScale = 0.0625F;
  const auto with_sign = passed(GetParam(), Type::s8, in, kScale);
  const auto without = passed(GetParam(), Type::u8, in, kScale);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const double wanted = swish(in[i]) / kScale;
    EXPECT_NEAR(with_sign[i], std::clamp(wanted, -128.0, 127.0), 0.502 + 2e-4 * std::abs(wanted));
    EXPECT_NEAR(without[i], std::clamp(wanted, 0.0, 255.0), 0.502 + 2e-4 * std::abs(wanted));
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Swish, testing::Values(Type::f32, Type::bf16),
                         [](const auto& one) { return one.param == Type::f32 ? "f32" : "bf16"; });

}  // namespace
}  // namespace vitrine::engine
