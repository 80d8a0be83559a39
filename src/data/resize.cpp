#include "data/resize.h"

#include <algorithm>
#include <new>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#include <stb/stb_image_resize2.h>
#pragma GCC diagnostic pop

namespace vitrine {
namespace {

struct Piece {
  double left = 0;
  double top = 0;
  double right = 1;
  double bottom = 1;
};

/// The part of the photo that is used, in shares of its size.
Piece piece_of(const Image& image, const Resize& resize) {
  if (resize.fit == Fit::stretch) return {};
  const double wanted = static_cast<double>(resize.width) / resize.height;
  const double shape = static_cast<double>(image.width) / image.height;
  const double x = std::min(1.0, wanted / shape) / 2;
  const double y = std::min(1.0, shape / wanted) / 2;
  return {0.5 - x, 0.5 - y, 0.5 + x, 0.5 + y};
}

}  // namespace

void resize_into(const Image& image, const Resize& resize, std::uint8_t* to) {
  STBIR_RESIZE job;
  stbir_resize_init(&job, image.pixels.data(), image.width, image.height, 0, to, resize.width,
                    resize.height, 0, STBIR_RGB, STBIR_TYPE_UINT8);
  stbir_set_filters(&job, STBIR_FILTER_TRIANGLE, STBIR_FILTER_TRIANGLE);
  stbir_set_edgemodes(&job, STBIR_EDGE_CLAMP, STBIR_EDGE_CLAMP);
  const Piece piece = piece_of(image, resize);
  stbir_set_input_subrect(&job, piece.left, piece.top, piece.right, piece.bottom);
  if (stbir_resize_extended(&job) == 0) throw std::bad_alloc();
}

Image resized(const Image& image, const Resize& resize) {
  Image out{resize.width, resize.height, {}};
  out.pixels.resize(static_cast<std::size_t>(resize.width) * resize.height * 3);
  resize_into(image, resize, out.pixels.data());
  return out;
}

}  // namespace vitrine
