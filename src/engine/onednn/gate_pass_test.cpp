// Compares GatePass with a product number by number.
#include "engine/onednn/gate_pass.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "engine/onednn/weight_store.h"

namespace vitrine::engine {
namespace {

using dnnl::memory;
using Type = GatePass::Type;

memory::desc plain(const memory::dims& dims, Type type) {
  return {dims, type, memory::format_tag::nhwc};
}

/// Numbers with eight bits, which bf16 holds as they are.
std::vector<float> some_numbers(std::size_t count, Random& random) {
  std::vector<float> out(count);
  for (float& x : out) x = static_cast<float>(static_cast<int>(random.below(255)) - 127) / 64;
  return out;
}

std::vector<std::byte> kept_as(Type type, const std::vector<float>& numbers) {
  std::vector<std::byte> out(numbers.size() * memory::data_type_size(type));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(numbers[i]);
    const auto bf16 = static_cast<std::uint16_t>(bits >> 16);
    if (type == Type::f32) std::memcpy(&out[i * 4], &bits, 4);
    if (type == Type::bf16) std::memcpy(&out[i * 2], &bf16, 2);
  }
  return out;
}

float number_at(Type type, const std::vector<std::byte>& bytes, std::size_t i) {
  if (type == Type::s8) return static_cast<float>(static_cast<std::int8_t>(bytes[i]));
  if (type == Type::u8) return static_cast<float>(static_cast<std::uint8_t>(bytes[i]));
  std::uint32_t bits = 0;
  if (type == Type::f32) std::memcpy(&bits, &bytes[i * 4], 4);
  if (type == Type::bf16) std::memcpy(reinterpret_cast<std::byte*>(&bits) + 2, &bytes[i * 2], 2);
  return std::bit_cast<float>(bits);
}

struct Case {
  Type from, factors, to;
};

TEST(GatePass, multiplies_each_channel) {
  const memory::dims dims{3, 48, 5, 37};
  const std::size_t area = 5 * 37;
  constexpr float kScale = 0.015F;
  Random random(7);
  const auto pixels = some_numbers(3 * 48 * area, random);
  const auto factors = some_numbers(std::size_t{3} * 48, random);
  for (const auto& [from, by, to] :
       {Case{Type::f32, Type::f32, Type::f32}, Case{Type::f32, Type::bf16, Type::s8},
        Case{Type::f32, Type::f32, Type::u8}, Case{Type::bf16, Type::bf16, Type::bf16},
        Case{Type::bf16, Type::f32, Type::s8}, Case{Type::bf16, Type::bf16, Type::u8}}) {
    const auto in = plain(dims, from), gates = plain({3, 48, 1, 1}, by);
    if (!GatePass::can_run(in, gates, to)) GTEST_SKIP() << "no AVX-512 for it here";
    const bool bytes = to == Type::s8 || to == Type::u8;
    const float scale = bytes ? kScale : 1;
    const auto kept = kept_as(from, pixels), kept_factors = kept_as(by, factors);
    for (const int threads : {1, 2, 3}) {
      omp_set_num_threads(threads);
      auto in_place = kept;
      std::vector<std::byte> out(pixels.size() * memory::data_type_size(to));
      GatePass(in, gates, to, scale)
          .run(from == to ? in_place.data() : kept.data(), kept_factors.data(),
               from == to ? in_place.data() : out.data());
      for (std::size_t i = 0; i < pixels.size(); ++i) {
        float wanted = pixels[i] * factors[i / 48 / area * 48 + i % 48] / scale;
        if (to == Type::s8) wanted = std::clamp(wanted, -128.0F, 127.0F);
        if (to == Type::u8) wanted = std::clamp(wanted, 0.0F, 255.0F);
        const float error = bytes ? 0.501F : to == Type::bf16 ? std::abs(wanted) / 256 : 0;
        ASSERT_NEAR(number_at(to, from == to ? in_place : out, i), wanted, error) << i;
      }
    }
  }
}

TEST(GatePass, accepts_only_channels_last_in_multiples_of_16) {
  const auto gates = plain({1, 32, 1, 1}, Type::f32);
  EXPECT_FALSE(GatePass::can_run(plain({1, 24, 4, 4}, Type::f32), plain({1, 24, 1, 1}, Type::f32),
                                 Type::f32));
  EXPECT_FALSE(
      GatePass::can_run({{1, 32, 4, 4}, Type::f32, memory::format_tag::nChw16c}, gates, Type::f32));
  EXPECT_FALSE(GatePass::can_run(plain({1, 32, 4, 4}, Type::f32), gates, Type::bf16));
  EXPECT_FALSE(GatePass::can_run(plain({1, 32, 4, 4}, Type::f32), plain({1, 32, 4, 4}, Type::f32),
                                 Type::f32));
  EXPECT_FALSE(GatePass::can_run(plain({1, 32, 4, 4}, Type::s8), gates, Type::s8));
}

}  // namespace
}  // namespace vitrine::engine
