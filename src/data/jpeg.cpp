// JPEG by TurboJPEG.
#include <turbojpeg.h>

#include <memory>

#include "data/image_decoders.h"

namespace vitrine {
namespace {

/// What TurboJPEG does not tell: the segments before the scan.
struct Segments {
  std::string_view exif;
  bool adobe = false;  ///< CMYK is then stored inverted
};

Segments read_segments(std::string_view bytes) {
  Segments found;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t at = 2; at + 4 <= bytes.size() && byte(at) == 0xFF;) {
    const unsigned marker = byte(at + 1);
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) break;
    const std::size_t length = byte(at + 2) * 256U + byte(at + 3);
    if (length < 2 || at + 2 + length > bytes.size()) break;
    const std::string_view content = bytes.substr(at + 4, length - 2);
    if (marker == 0xE1 && content.starts_with("Exif")) found.exif = content;
    if (marker == 0xEE && content.starts_with("Adobe")) found.adobe = true;
    at += 2 + length;
  }
  return found;
}

Image cmyk_to_rgb(const Image& size, const std::vector<std::uint8_t>& cmyk, bool inverted) {
  Image image{size.width, size.height, {}};
  image.pixels.reserve(cmyk.size() / 4 * 3);
  for (std::size_t i = 0; i < cmyk.size(); i += 4) {
    const auto light = [&](std::size_t k) { return inverted ? cmyk[i + k] : 255 - cmyk[i + k]; };
    for (std::size_t c = 0; c < 3; ++c) {
      image.pixels.push_back(static_cast<std::uint8_t>((light(c) * light(3) + 127) / 255));
    }
  }
  return image;
}

}  // namespace

Decoded decode_jpeg(const EncodedImage& encoded) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  const auto* bytes = reinterpret_cast<const unsigned char*>(encoded.bytes.data());
  const auto size = static_cast<unsigned long>(encoded.bytes.size());
  Decoded out;
  int sampling = 0;
  int colours = 0;
  if (tjDecompressHeader3(decoder.get(), bytes, size, &out.image.width, &out.image.height,
                          &sampling, &colours) != 0) {
    encoded.refuse(tjGetErrorStr2(decoder.get()));
  }
  encoded.check_size(static_cast<std::uint64_t>(out.image.width),
                     static_cast<std::uint64_t>(out.image.height));
  const bool cmyk = colours == TJCS_CMYK || colours == TJCS_YCCK;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(out.image.width) * out.image.height *
                                   (cmyk ? 4 : 3));
  // A progressive file may hold thousands of empty scans: TJFLAG_LIMITSCANS.
  if (tjDecompress2(decoder.get(), bytes, size, pixels.data(), out.image.width, 0, out.image.height,
                    cmyk ? TJPF_CMYK : TJPF_RGB, TJFLAG_LIMITSCANS) != 0) {
    if (tjGetErrorCode(decoder.get()) != TJERR_WARNING) {
      encoded.refuse(tjGetErrorStr2(decoder.get()));
    }
    out.truncated = true;
  }
  const Segments segments = read_segments(encoded.bytes);
  if (cmyk) {
    out.image = cmyk_to_rgb(out.image, pixels, segments.adobe);
  } else {
    out.image.pixels = std::move(pixels);
  }
  if (!segments.exif.empty()) out.orientation = exif_orientation(segments.exif);
  return out;
}

}  // namespace vitrine
