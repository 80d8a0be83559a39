#include "data/image/image.h"

#include <libexif/exif-data.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/image/image_decoders.h"

namespace vitrine::data {
namespace {

/// The image upright, according to its orientation (EXIF 2.32, tag 0x0112).
Image oriented(Image image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool turned = orientation >= 5;  // width and height are swapped
  Image out{turned ? image.height : image.width, turned ? image.width : image.height, {}};
  out.pixels.resize(image.pixels.size());
  const int right = image.width - 1;
  const int bottom = image.height - 1;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int from_x = turned ? y : x;
      int from_y = turned ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
        from_x = right - from_x;
      }
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
        from_y = bottom - from_y;
      }
      const auto* from =
          &image.pixels[(static_cast<std::size_t>(from_y) * image.width + from_x) * 3];
      std::copy_n(from, 3, &out.pixels[(static_cast<std::size_t>(y) * out.width + x) * 3]);
    }
  }
  return out;
}

bool is_heic(std::string_view bytes) {
  if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") return false;
  constexpr std::string_view kBrands[] = {"heic", "heix", "hevc", "hevx",
                                          "heim", "heis", "mif1", "msf1"};
  return std::ranges::contains(kBrands, bytes.substr(8, 4));
}

}  // namespace

void EncodedImage::check_size(std::uint64_t width, std::uint64_t height) const {
  if (width == 0 || height == 0) refuse("it has no pixels");
  if (width > 0x7FFFFFFF || height > 0x7FFFFFFF || width > limits.max_pixels / height) {
    throw Error(ErrorKind::bad_input,
                "the photo has " + with_commas(width) + " x " + with_commas(height) +
                    " pixels; the limit is " + with_commas(limits.max_pixels) + " in all",
                where, "make it smaller");
  }
}

void EncodedImage::refuse(const std::string& why) const {
  throw Error(ErrorKind::malformed, "the photo can't be decoded: " + why, where,
              "open it in an image viewer: it may be damaged or have the wrong file extension");
}

void row_over_white(int width, const std::uint8_t* rgba, std::uint8_t* rgb) {
  for (int x = 0; x < width; ++x, rgba += 4) {
    const int alpha = rgba[3];
    for (int c = 0; c < 3; ++c) {
      *rgb++ = static_cast<std::uint8_t>((rgba[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
}

Image over_white(int width, int height, const std::uint8_t* rgba, std::size_t stride) {
  Image image{width, height, {}};
  image.pixels.resize(static_cast<std::size_t>(width) * height * 3);
  for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y) {
    row_over_white(width, rgba + y * stride, &image.pixels[y * width * 3]);
  }
  return image;
}

int exif_orientation(std::string_view exif) {
  constexpr std::string_view kMark("Exif\0\0", 6);
  std::string marked(exif.starts_with(kMark) ? "" : kMark);
  marked += exif;
  const std::unique_ptr<ExifData, void (*)(ExifData*)> data(
      exif_data_new_from_data(reinterpret_cast<const unsigned char*>(marked.data()),
                              static_cast<unsigned>(marked.size())),
      exif_data_unref);
  if (!data) return 1;
  const ExifEntry* entry = exif_content_get_entry(data->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return 1;
  const int value = exif_get_short(entry->data, exif_data_get_byte_order(data.get()));
  return value >= 1 && value <= 8 ? value : 1;
}

namespace {

/// A format is one row here, one value of ImageFormat and one decoder.
struct FormatRow {
  ImageFormat format;
  std::string_view name;
  bool (*matches)(std::string_view bytes);  ///< by the first bytes
  Decoded (*decode)(const EncodedImage& encoded);
};

constexpr FormatRow kFormats[] = {
    {ImageFormat::jpeg, "JPEG",
     [](std::string_view bytes) { return bytes.starts_with("\xFF\xD8\xFF"); }, decode_jpeg},
    {ImageFormat::png, "PNG",
     [](std::string_view bytes) { return bytes.starts_with("\x89PNG\r\n\x1A\n"); }, decode_png},
    {ImageFormat::webp, "WebP",
     [](std::string_view bytes) {
       return bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP";
     },
     decode_webp},
    {ImageFormat::heic, "HEIC", is_heic, decode_heic},
    {ImageFormat::gif, "GIF",
     [](std::string_view bytes) {
       return bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a");
     },
     decode_gif},
};

const FormatRow& row_of(ImageFormat format) {
  const auto row = std::ranges::find(kFormats, format, &FormatRow::format);
  if (row == std::end(kFormats)) unknown_kind("image format", format);
  return *row;
}

}  // namespace

std::optional<ImageFormat> image_format(std::string_view bytes) {
  const auto row =
      std::ranges::find_if(kFormats, [&](const FormatRow& one) { return one.matches(bytes); });
  return row == std::end(kFormats) ? std::nullopt : std::optional(row->format);
}

std::string_view name_of(ImageFormat format) { return row_of(format).name; }

std::string format_names() {
  std::string out;
  for (std::size_t i = 0; i < std::size(kFormats); ++i) {
    out += (i == 0                        ? ""
            : i + 1 < std::size(kFormats) ? ", "
                                          : " or ") +
           std::string(kFormats[i].name);
  }
  return out;
}

DecodedImage decode_image(std::string_view bytes, const std::string& where,
                          const ImageLimits& limits) {
  if (bytes.size() > limits.max_bytes) {
    throw Error(ErrorKind::bad_input,
                "the photo has " + with_commas(bytes.size()) + " bytes; the limit is " +
                    with_commas(limits.max_bytes),
                where, "make it smaller");
  }
  const auto format = image_format(bytes);
  if (!format) {
    throw Error(ErrorKind::malformed, bytes.empty() ? "the file is empty" : "this is not a photo",
                where, "photos are " + format_names());
  }
  const EncodedImage encoded{bytes, where, limits};
  Decoded decoded = row_of(*format).decode(encoded);
  return {oriented(std::move(decoded.image), decoded.orientation), *format, decoded.truncated};
}

DecodedImage read_image(const std::filesystem::path& path) {
  return decode_image(MappedFile(path).text(), path.string());
}

}  // namespace vitrine::data
