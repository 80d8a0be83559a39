// Encodes images as JPEG and PNG. Thread-safe.
#pragma once

#include <string>

#include "data/image/image.h"

namespace vitrine::data {

/// `quality`: 1 to 100; chroma subsampling 4:2:0. Throws Error(failed).
std::string encode_jpeg(const Image& image, int quality);
/// Lossless. Throws Error(failed).
std::string encode_png(const Image& image);

}  // namespace vitrine::data
