#include "data/image/resize.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

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

/// The used part of a photo in pixels.
struct Box {
  double left = 0, top = 0, width = 0, height = 0;
};

/// The pixel for each pixel of the result along one axis. Pillow adds up the places, which decides
/// where one falls on a border.
std::vector<int> nearest_places(double first, double size, int in, int out) {
  std::vector<int> places(static_cast<std::size_t>(out));
  const double step = size / out;
  double at = first + step * 0.5;
  for (int& place : places) {
    place = std::clamp(static_cast<int>(at), 0, in - 1);
    at += step;
  }
  return places;
}

void resize_nearest(const Image& image, const Resize& resize, const Box& box, std::uint8_t* to) {
  const auto columns = nearest_places(box.left, box.width, image.width, resize.width);
  for (const int y : nearest_places(box.top, box.height, image.height, resize.height)) {
    const std::uint8_t* row = image.pixels.data() + static_cast<std::size_t>(y) * image.width * 3;
    for (const int x : columns) to = std::copy_n(row + static_cast<std::size_t>(x) * 3, 3, to);
  }
}

/// Two neighbouring pixels and the share of the second.
struct Between {
  std::size_t first = 0, second = 0;
  float share = 0;
};

std::vector<Between> bilinear_places(double first, double size, int in, int out) {
  std::vector<Between> places(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i) {
    const double at = first + (i + 0.5) * size / out - 0.5;
    const double below = std::floor(at);
    const auto clamped = [&](double x) {
      return static_cast<std::size_t>(std::clamp(x, 0.0, static_cast<double>(in - 1)));
    };
    places[static_cast<std::size_t>(i)] = {clamped(below), clamped(std::ceil(at)),
                                           static_cast<float>(at - below)};
  }
  return places;
}

void resize_bilinear(const Image& image, const Resize& resize, const Box& box, std::uint8_t* to) {
  const auto columns = bilinear_places(box.left, box.width, image.width, resize.width);
  const auto row_of = [&](std::size_t y) {
    return image.pixels.data() + y * static_cast<std::size_t>(image.width) * 3;
  };
  for (const Between& y : bilinear_places(box.top, box.height, image.height, resize.height)) {
    const std::uint8_t* above = row_of(y.first);
    const std::uint8_t* below = row_of(y.second);
    for (const Between& x : columns) {
      for (std::size_t c = 0; c < 3; ++c) {
        const auto along = [&](const std::uint8_t* row) {
          const float left = row[x.first * 3 + c], right = row[x.second * 3 + c];
          return left + (right - left) * x.share;
        };
        const float top = along(above);
        *to++ = static_cast<std::uint8_t>(std::lround(top + (along(below) - top) * y.share));
      }
    }
  }
}

void resize_antialiased(const Image& image, const Resize& resize, const View& part,
                        std::uint8_t* to) {
  STBIR_RESIZE job;
  stbir_resize_init(&job, image.pixels.data(), image.width, image.height, 0, to, resize.width,
                    resize.height, 0, STBIR_RGB, STBIR_TYPE_UINT8);
  stbir_set_filters(&job, STBIR_FILTER_TRIANGLE, STBIR_FILTER_TRIANGLE);
  stbir_set_edgemodes(&job, STBIR_EDGE_CLAMP, STBIR_EDGE_CLAMP);
  stbir_set_input_subrect(&job, part.left, part.top, part.right, part.bottom);
  if (stbir_resize_extended(&job) == 0) throw std::bad_alloc();
}

}  // namespace

void resize_into(const Image& image, const Resize& resize, std::uint8_t* to, const View& view) {
  const View piece = piece_of(image, resize);
  const double width = piece.right - piece.left;
  const double height = piece.bottom - piece.top;
  const View part{piece.left + view.left * width, piece.top + view.top * height,
                  piece.left + view.right * width, piece.top + view.bottom * height};
  const Box box{part.left * image.width, part.top * image.height,
                (part.right - part.left) * image.width, (part.bottom - part.top) * image.height};
  switch (resize.filter) {
    case Filter::antialias:
      resize_antialiased(image, resize, part, to);
      break;
    case Filter::bilinear:
      resize_bilinear(image, resize, box, to);
      break;
    case Filter::nearest:
      resize_nearest(image, resize, box, to);
      break;
  }
  if (view.mirrored) mirror(to, resize.width, resize.height);
}

Image resized(const Image& image, const Resize& resize) {
  Image out{resize.width, resize.height, {}};
  out.pixels.resize(static_cast<std::size_t>(resize.width) * resize.height * 3);
  resize_into(image, resize, out.pixels.data());
  return out;
}

}  // namespace vitrine::data
