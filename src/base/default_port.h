// The port that `serve` listens on, health checks ask and packages expose, unless another is given.
#pragma once

#include <cstdint>

namespace vitrine {

inline constexpr std::uint16_t kDefaultPort = 9696;

}  // namespace vitrine
