// What the values inside a network were on photos, which int8 is scaled by.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vitrine {

/// Means, over photos, of each photo's least and largest number. Kept in the card.
struct ActivationRanges {
  std::string network;       ///< of which network, as the build that measured them reads it
  std::vector<float> least;  ///< one a value
  std::vector<float> most;
  /// Convolutions, from the first, that are not to compute with bytes. The first one costs little,
  /// and what it loses is lost for all.
  std::size_t spared = 1;
};

}  // namespace vitrine
