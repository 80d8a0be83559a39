// Decodes photos into RGB pixels. Training, evaluation, prediction and the server share this
// code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::data {

/// 8-bit RGB, row after row without padding: pixels[(y * width + x) * 3 + channel].
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

struct ImageLimits {
  std::size_t max_bytes = std::size_t{64} << 20;  ///< of the file
  std::size_t max_pixels = 100'000'000;  ///< width x height, checked before memory is allocated
};

enum class ImageFormat { jpeg, png, webp, heic, gif };

struct DecodedImage {
  Image image;
  ImageFormat format = ImageFormat::jpeg;
  /// The file ends early and rows are missing; they are grey or white. Other damage that the
  /// decoder tolerates is not reported. A file without any complete row is an error (PNG is read
  /// in pieces of 8 KB).
  bool truncated = false;
};

/// The warning in a prediction for a truncated photo.
inline constexpr std::string_view kTruncatedWarning =
    "the photo is truncated; the prediction is based on the part that can be read";

/// The format according to the first bytes; the file name does not matter. nullopt for any other
/// content.
std::optional<ImageFormat> image_format(std::string_view bytes);
std::string_view name_of(ImageFormat format);

/// The names of all formats, for messages: "JPEG, PNG, WebP, HEIC or GIF".
std::string format_names();

/// Decodes JPEG (also CMYK and progressive), PNG, WebP, HEIC and GIF (of animations, the canvas
/// with the first frame). Applies the EXIF orientation, puts transparent pixels on white, reduces
/// 16 bits to 8 and turns grey into RGB. `where` names the file in errors. Thread-safe.
/// Throws Error(malformed) if the bytes are not a photo or can't be decoded, and
/// Error(bad_input) if the photo exceeds the limits.
DecodedImage decode_image(std::string_view bytes, const std::string& where,
                          const ImageLimits& limits = {});

/// Decodes the file at `path`, with default limits.
DecodedImage read_image(const std::filesystem::path& path);

}  // namespace vitrine::data
