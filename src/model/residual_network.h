// A small image network with random weights, for training from scratch.
#pragma once

#include <cstdint>

#include "model/backbone.h"

namespace vitrine::model {

/// A residual network (He et al. 2016) for images of `side` x `side` pixels: a 3 x 3 convolution,
/// four stages of two blocks with 16 to 128 channels (three stages below 24 pixels), batch
/// normalisation after each convolution, weights initialised as by He et al. 2015. Inputs are from
/// -1 to 1; the features are 128 (64) averages over the image.
Backbone residual_network(int side, std::uint64_t seed);

}  // namespace vitrine::model
