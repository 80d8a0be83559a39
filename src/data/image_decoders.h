// One decoder a format, for image.cpp alone.
#pragma once

#include "data/image.h"

namespace vitrine {

/// What a decoder works on.
struct EncodedImage {
  std::string_view bytes;
  const std::string& where;
  const ImageLimits& limits;

  /// Throws Error(bad_input) where a photo of this size must not be decoded.
  void check_size(std::uint64_t width, std::uint64_t height) const;
  /// Throws Error(malformed): the photo can't be decoded.
  [[noreturn]] void refuse(const std::string& why) const;
};

struct Decoded {
  Image image;
  bool truncated = false;
  int orientation = 1;  ///< EXIF, 1 to 8: what is still to be done
};

Decoded decode_jpeg(const EncodedImage& encoded);
Decoded decode_png(const EncodedImage& encoded);
Decoded decode_webp(const EncodedImage& encoded);
Decoded decode_heic(const EncodedImage& encoded);
Decoded decode_gif(const EncodedImage& encoded);

/// A row of RGBA over white, as RGB.
void row_over_white(int width, const std::uint8_t* rgba, std::uint8_t* rgb);

/// RGBA over white.
Image over_white(int width, int height, const std::uint8_t* rgba, std::size_t stride);

/// The orientation that a block of EXIF data names (with or without its
/// `Exif\0\0`), 1 where it names none.
int exif_orientation(std::string_view exif);

}  // namespace vitrine
