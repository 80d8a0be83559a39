// Random numbers that depend only on a key and a counter, so that threads may draw them in any
// order (Salmon et al. 2011). The mixing function is lowbias32 of Chris Wellons' "Prospecting for
// hash functions" (2018, public domain).
#pragma once

#include <cstdint>

namespace vitrine::train {

class CounterRandom {
 public:
  CounterRandom(std::uint64_t seed, std::uint64_t stream)
      : key_(mix(static_cast<std::uint32_t>(seed) ^
                 mix(static_cast<std::uint32_t>(seed >> 32) ^
                     mix(static_cast<std::uint32_t>(stream) + 0x9E3779B9U)))) {}

  /// 32 random bits. Thread-safe.
  std::uint32_t at(std::uint64_t counter) const {
    return mix(static_cast<std::uint32_t>(counter) * 0x9E3779B1U + key_);
  }

  /// True with probability `share`. Thread-safe.
  bool happens(std::uint64_t counter, double share) const {
    return at(counter) < static_cast<std::uint64_t>(share * 4294967296.0);
  }

 private:
  static constexpr std::uint32_t mix(std::uint32_t x) {
    x ^= x >> 16;
    x *= 0x7FEB352DU;
    x ^= x >> 15;
    x *= 0x846CA68BU;
    x ^= x >> 16;
    return x;
  }
  std::uint32_t key_;
};

}  // namespace vitrine::train
