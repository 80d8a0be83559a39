#include "engine/onednn/image_loader.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/onednn/layout.h"

namespace vitrine::engine {
namespace {

using dnnl::memory;
using Type = memory::data_type;

/// Rounded to the nearest, ties to even.
std::uint16_t bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

/// The nearest number of type s8 or u8; 0 for NaN.
std::uint8_t byte_of(float x, Type type) {
  const float least = type == Type::s8 ? -127.0F : 0.0F;
  const float most = type == Type::s8 ? 127.0F : 255.0F;
  const float byte = std::isnan(x) ? 0.0F : std::clamp(std::nearbyint(x), least, most);
  return static_cast<std::uint8_t>(static_cast<int>(byte));
}

/// Converts pixels [begin, end) of one image, which has `plane` pixels.
template <typename T>
void fill(const std::uint8_t* pixels, std::size_t begin, std::size_t end, std::size_t plane,
          bool channels_last, const std::array<std::size_t, 3>& from,
          const std::array<std::array<T, 256>, 3>& table, T* to) {
  if (channels_last) {
    for (std::size_t i = begin; i < end; ++i) {
      to[3 * i] = table[0][pixels[3 * i + from[0]]];
      to[3 * i + 1] = table[1][pixels[3 * i + from[1]]];
      to[3 * i + 2] = table[2][pixels[3 * i + from[2]]];
    }
    return;
  }
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = begin; i < end; ++i) to[c * plane + i] = table[c][pixels[3 * i + from[c]]];
  }
}

}  // namespace

bool ImageLoader::can_fill(const memory::desc& desc) {
  const auto type = desc.get_data_type();
  return (type == Type::f32 || type == Type::bf16 || type == Type::s8 || type == Type::u8) &&
         (lies_as(memory::format_tag::nchw, desc) || lies_as(memory::format_tag::nhwc, desc));
}

ImageLoader::ImageLoader(const Op& image, std::int64_t batch, std::int64_t height,
                         std::int64_t width, const memory::desc& desc, float scale_of_bytes)
    : images_(static_cast<std::size_t>(batch)),
      plane_(static_cast<std::size_t>(height * width)),
      channels_last_(lies_as(memory::format_tag::nhwc, desc)),
      type_(desc.get_data_type()) {
  for (std::size_t c = 0; c < 3; ++c) {
    from_[c] = image.bgr ? 2 - c : c;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      value_[c][byte] = static_cast<float>(byte) * image.scale[c] + image.shift[c];
      bits_[c][byte] = bf16(value_[c][byte]);
      bytes_[c][byte] = byte_of(value_[c][byte] / scale_of_bytes, type_);
    }
  }
}

/// A look-up table for each channel, because a byte has only 256 values.
template <typename T>
void ImageLoader::load_as(const std::array<std::array<T, 256>, 3>& table,
                          const std::uint8_t* pixels, T* to) const {
  constexpr std::size_t kPixels = 4096;  // of a piece
  const std::size_t pieces = (plane_ + kPixels - 1) / kPixels;
#pragma omp parallel for schedule(static)
  for (std::size_t i = 0; i < images_ * pieces; ++i) {
    const std::size_t image = i / pieces * 3 * plane_;
    const std::size_t begin = i % pieces * kPixels;
    fill(pixels + image, begin, std::min(begin + kPixels, plane_), plane_, channels_last_, from_,
         table, to + image);
  }
}

void ImageLoader::load(const std::uint8_t* pixels, std::byte* to) const {
  if (type_ == Type::bf16) {
    load_as(bits_, pixels, reinterpret_cast<std::uint16_t*>(to));
  } else if (type_ == Type::f32) {
    load_as(value_, pixels, reinterpret_cast<float*>(to));
  } else {
    load_as(bytes_, pixels, reinterpret_cast<std::uint8_t*>(to));
  }
}

}  // namespace vitrine::engine
