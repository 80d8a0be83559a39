// One decoder for each format; used only by image.cpp. All functions are thread-safe.
#pragma once

#include "data/image/image.h"

namespace vitrine::data {

/// The input of a decoder.
struct EncodedImage {
  std::string_view bytes;
  const std::string& where;
  const ImageLimits& limits;

  /// Throws Error(bad_input) if the size exceeds the limits, Error(malformed) if it is 0.
  void check_size(std::uint64_t width, std::uint64_t height) const;
  /// Throws Error(malformed): the photo can't be decoded.
  [[noreturn]] void refuse(const std::string& why) const;
};

struct Decoded {
  Image image;
  bool truncated = false;
  int orientation = 1;  ///< EXIF, 1 to 8; still to be applied
};

Decoded decode_jpeg(const EncodedImage& encoded);
Decoded decode_png(const EncodedImage& encoded);
Decoded decode_webp(const EncodedImage& encoded);
Decoded decode_heic(const EncodedImage& encoded);
Decoded decode_gif(const EncodedImage& encoded);

/// Blends a row of RGBA pixels with white. `rgb` receives 3 * width bytes.
void row_over_white(int width, const std::uint8_t* rgba, std::uint8_t* rgb);

/// Blends RGBA pixels with white; `stride` is the number of bytes between rows.
Image over_white(int width, int height, const std::uint8_t* rgba, std::size_t stride);

/// The orientation in a block of EXIF data (with or without its `Exif\0\0`), 1 to 8; 1 if it has
/// none.
int exif_orientation(std::string_view exif);

}  // namespace vitrine::data
