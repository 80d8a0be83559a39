// A small image network with weights by chance, to be trained from scratch.
#pragma once

#include <cstdint>

#include "model/backbone.h"

namespace vitrine {

/// A residual network (He et al. 2016) for pictures of `side` x `side`: a 3 x 3
/// convolution, four stages of two blocks with 16 to 128 channels (three stages
/// below 24 pixels), batch normalisation throughout, weights as by He et al. 2015.
/// Takes pixels from -1 to 1; its features are 128 (64) averages over the picture.
Backbone residual_network(int side, std::uint64_t seed);

}  // namespace vitrine
