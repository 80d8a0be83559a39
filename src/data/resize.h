// From a photo of any size to the size that a network takes.
#pragma once

#include "data/image.h"

namespace vitrine {

enum class Fit {
  stretch,  ///< the whole photo, its shape changed if need be
  crop,     ///< the largest piece of the right shape, from the middle
};

struct Resize {
  int width = 224;
  int height = 224;
  Fit fit = Fit::stretch;
};

/// Antialiased triangle filter on the 8-bit values as they are (no gamma), edges
/// repeated: what Pillow and Keras call bilinear, with antialiasing. `to` gets
/// width x height x 3 bytes. Thread-safe; the same input gives the same bytes.
void resize_into(const Image& image, const Resize& resize, std::uint8_t* to);
Image resized(const Image& image, const Resize& resize);

}  // namespace vitrine
