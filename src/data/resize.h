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

/// A part of a photo, in shares of its size, and whether it is mirrored: training
/// sees a photo in several views.
struct View {
  double left = 0;
  double top = 0;
  double right = 1;
  double bottom = 1;
  bool mirrored = false;
};

/// Antialiased triangle filter on the 8-bit values as they are (no gamma), edges
/// repeated: what Pillow and Keras call bilinear, with antialiasing. `to` gets
/// width x height x 3 bytes. Thread-safe; the same input gives the same bytes.
void resize_into(const Image& image, const Resize& resize, std::uint8_t* to, const View& view = {});
Image resized(const Image& image, const Resize& resize);

}  // namespace vitrine
