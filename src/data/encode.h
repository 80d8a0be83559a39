// From pixels to the bytes of a photo file.
#pragma once

#include <string>

#include "data/image.h"

namespace vitrine {

/// `quality` 1 to 100, colours at half resolution. Throws Error(failed).
std::string encode_jpeg(const Image& image, int quality);
/// Lossless. Throws Error(failed).
std::string encode_png(const Image& image);

}  // namespace vitrine
