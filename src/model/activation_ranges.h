// The ranges of the values inside a network on photos, from which the scales of int8 are computed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vitrine::model {

/// For each value of the network, the mean over photos of a photo's minimum and maximum. Stored in
/// the card. Plain data.
struct ActivationRanges {
  std::string network;       ///< identifies the network, as the build that measured it reads it
  std::vector<float> least;  ///< mean minimum, one for each value
  std::vector<float> most;   ///< mean maximum
  /// The number of convolutions, from the first, that do not run in int8. The first one is cheap,
  /// and its errors affect all later layers.
  std::size_t skip_first_layers = 1;
};

}  // namespace vitrine::model
