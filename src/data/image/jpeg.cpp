// Decodes JPEG with libjpeg-turbo, through its libjpeg interface: the TurboJPEG interface reports
// only the first warning of a file, which does not show whether rows are missing.
#include <cstdio>
// jpeglib.h needs <cstdio> before it.
#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>

#include "data/image/image_decoders.h"

namespace vitrine::data {
namespace {

/// A limit, because a malicious progressive file can hold thousands of empty scans.
constexpr int kMostScans = 500;

/// The library's state. libjpeg reports errors by a longjmp to `failed`, so functions that call
/// setjmp must not have local objects with destructors.
struct Decoder {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf failed{};
  char message[JMSG_LENGTH_MAX] = {};
  bool rows_missing = false;

  Decoder() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = [](j_common_ptr at) {
      Decoder& self = of(at);
      self.errors.format_message(at, self.message);
      std::longjmp(self.failed, 1);
    };
    errors.emit_message = [](j_common_ptr at, int level) {
      // Only one of the library's warnings means lost rows: the data of a scan end before its last
      // block. If the file ends there, the library inserts an end marker itself.
      Decoder& self = of(at);
      if (level < 0 && self.errors.msg_code == JWRN_HIT_MARKER && self.misses_rows()) {
        self.rows_missing = true;
      }
    };
    info.client_data = this;
    progress.progress_monitor = [](j_common_ptr at) {
      Decoder& self = of(at);
      if (self.info.input_scan_number <= kMostScans) return;
      std::snprintf(self.message, sizeof self.message, "it has more than %d scans", kMostScans);
      std::longjmp(self.failed, 1);
    };
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&info); }

  bool cmyk() const { return info.out_color_space == JCS_CMYK; }

  /// Reads the header. Returns false and sets `message` on an error.
  bool read_header(std::string_view bytes) {
    if (setjmp(failed) != 0) return false;
    jpeg_create_decompress(&info);
    info.client_data = this;
    info.progress = &progress;
    jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info, TRUE);
    const bool four = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = four ? JCS_CMYK : JCS_RGB;
    return true;
  }

  /// Fills `pixels` row by row. Returns false and sets `message` on an error.
  bool read_pixels(std::uint8_t* pixels) {
    if (setjmp(failed) != 0) return false;
    jpeg_start_decompress(&info);
    const std::size_t stride = std::size_t{info.output_width} * info.output_components;
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = pixels + info.output_scanline * stride;
      jpeg_read_scanlines(&info, &row, 1);
    }
    return true;
  }

  std::string_view exif() const {
    for (const jpeg_saved_marker_ptr* at = &info.marker_list; *at != nullptr; at = &(*at)->next) {
      const std::string_view content(reinterpret_cast<const char*>((*at)->data),
                                     (*at)->data_length);
      if (content.starts_with("Exif")) return content;
    }
    return {};
  }

 private:
  /// Called at a marker inside a scan: true if rows are lost. After a restart marker, decoding can
  /// continue; any other marker in the last row of blocks damages only that row.
  bool misses_rows() const {
    const int marker = info.unread_marker;
    if (marker == JPEG_EOI) return true;
    const bool restarts = info.restart_interval > 0 && marker >= JPEG_RST0 && marker < JPEG_EOI - 1;
    return !restarts && info.input_iMCU_row + 1 < info.total_iMCU_rows;
  }
  static Decoder& of(j_common_ptr at) { return *static_cast<Decoder*>(at->client_data); }
};

/// `inverted`: 255 means no ink, as Adobe's programs store it.
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
  Decoder decoder;
  if (!decoder.read_header(encoded.bytes)) encoded.refuse(decoder.message);
  encoded.check_size(decoder.info.image_width, decoder.info.image_height);
  Decoded out;
  out.image.width = static_cast<int>(decoder.info.image_width);
  out.image.height = static_cast<int>(decoder.info.image_height);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(out.image.width) * out.image.height *
                                   (decoder.cmyk() ? 4 : 3));
  if (!decoder.read_pixels(pixels.data())) encoded.refuse(decoder.message);
  out.truncated = decoder.rows_missing;
  if (decoder.cmyk()) {
    out.image = cmyk_to_rgb(out.image, pixels, decoder.info.saw_Adobe_marker != 0);
  } else {
    out.image.pixels = std::move(pixels);
  }
  const std::string_view exif = decoder.exif();
  if (!exif.empty()) out.orientation = exif_orientation(exif);
  return out;
}

}  // namespace vitrine::data
