#include "data/image/resize.h"

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

namespace vitrine::data {
namespace {

/// The part of the photo that is used, as fractions of its width and height.
View piece_of(const Image& image, const Resize& resize) {
  if (resize.fit == Fit::stretch) return {};
  const double wanted = static_cast<double>(resize.width) / resize.height;
  const double shape = static_cast<double>(image.width) / image.height;
  const double x = std::min(1.0, wanted / shape) / 2;
  const double y = std::min(1.0, shape / wanted) / 2;
  return {0.5 - x, 0.5 - y, 0.5 + x, 0.5 + y};
}

void mirror(std::uint8_t* pixels, int width, int height) {
  for (int y = 0; y < height; ++y) {
    std::uint8_t* row = pixels + static_cast<std::size_t>(y) * width * 3;
    for (int x = 0; x < width / 2; ++x) {
      std::swap_ranges(row + x * 3, row + x * 3 + 3, row + (width - 1 - x) * 3);
    }
  }
}

}  // namespace

void resize_into(const Image& image, const Resize& resize, std::uint8_t* to, const View& view) {
  STBIR_RESIZE job;
  stbir_resize_init(&job, image.pixels.data(), image.width, image.height, 0, to, resize.width,
                    resize.height, 0, STBIR_RGB, STBIR_TYPE_UINT8);
  stbir_set_filters(&job, STBIR_FILTER_TRIANGLE, STBIR_FILTER_TRIANGLE);
  stbir_set_edgemodes(&job, STBIR_EDGE_CLAMP, STBIR_EDGE_CLAMP);
  const View piece = piece_of(image, resize);
  const double width = piece.right - piece.left;
  const double height = piece.bottom - piece.top;
  stbir_set_input_subrect(&job, piece.left + view.left * width, piece.top + view.top * height,
                          piece.left + view.right * width, piece.top + view.bottom * height);
  if (stbir_resize_extended(&job) == 0) throw std::bad_alloc();
  if (view.mirrored) mirror(to, resize.width, resize.height);
}

Image resized(const Image& image, const Resize& resize) {
  Image out{resize.width, resize.height, {}};
  out.pixels.resize(static_cast<std::size_t>(resize.width) * resize.height * 3);
  resize_into(image, resize, out.pixels.data());
  return out;
}

}  // namespace vitrine::data
