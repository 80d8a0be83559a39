// Photos: from the bytes of a file to RGB pixels. Training, evaluation,
// prediction and the server all come here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// 8-bit RGB, row after row without padding: pixels[(y * width + x) * 3 + channel].
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

struct ImageLimits {
  std::size_t max_bytes = std::size_t{64} << 20;  ///< of the file
  std::size_t max_pixels = 100'000'000;  ///< width x height, checked before memory is taken
};

enum class ImageFormat { jpeg, png, webp, heic, gif };

struct DecodedImage {
  Image image;
  ImageFormat format = ImageFormat::jpeg;
  /// Rows are missing, for the file ends too early; they are grey or white. Other damage that a
  /// decoder can put up with is none. A file of which no row can be shown is an error (PNG is read
  /// in pieces of 8 KB).
  bool truncated = false;
};

/// What an answer about such a photo says.
inline constexpr std::string_view kTruncatedWarning =
    "the photo is cut off: the answer is about the part that is there";

/// By the first bytes, whatever the file is called. Nothing for other content.
std::optional<ImageFormat> image_format(std::string_view bytes);
std::string_view name_of(ImageFormat format);

/// Decodes JPEG (CMYK and progressive too), PNG, WebP, HEIC and GIF (of animations the canvas with
/// the first frame); obeys the EXIF orientation; transparent pixels lie over white, 16 bits
/// become 8, grey becomes RGB. `where` names the file in errors. Thread-safe.
/// Throws Error(malformed) for what is no photo or broken from the start, and
/// Error(bad_input) for one beyond the limits.
DecodedImage decode_image(std::string_view bytes, const std::string& where,
                          const ImageLimits& limits = {});

/// The same of a file, by its path.
DecodedImage read_image(const std::filesystem::path& path);

}  // namespace vitrine
