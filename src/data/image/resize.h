// Resizes photos to the input size of a network.
#pragma once

#include "data/image/image.h"

namespace vitrine::data {

enum class Fit {
  stretch,  ///< the whole photo; the aspect ratio may change
  crop,     ///< the largest centred piece with the right aspect ratio
};

enum class Filter {
  antialias,  ///< triangle as wide as a pixel of the result: Pillow's and Keras's bilinear with
              ///< antialiasing, on 8-bit values (no gamma correction), edge pixels repeated
  bilinear,   ///< between the four nearest pixels: tf.image.resize, rounded
  nearest,    ///< the nearest pixel: Pillow's NEAREST, keras.utils.load_img
};

struct Resize {
  int width = 224;
  int height = 224;
  Fit fit = Fit::stretch;
  Filter filter = Filter::antialias;
};

/// A part of a photo (fractions of its width and height) and whether it is mirrored. Training uses
/// several views of each photo.
struct View {
  double left = 0;
  double top = 0;
  double right = 1;
  double bottom = 1;
  bool mirrored = false;
};

/// `to` receives width x height x 3 bytes. Thread-safe; the same input always produces the same
/// bytes.
void resize_into(const Image& image, const Resize& resize, std::uint8_t* to, const View& view = {});
Image resized(const Image& image, const Resize& resize);

}  // namespace vitrine::data
