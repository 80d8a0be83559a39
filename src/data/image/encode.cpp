#include "data/image/encode.h"

#include <spng.h>

#include <cstdio>
// jpeglib.h needs <cstdio> before it.
#include <jpeglib.h>

#include <csetjmp>
#include <cstdlib>
#include <memory>

#include "base/error.h"

namespace vitrine::data {
namespace {

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorKind::failed, "an image can't be encoded: " + why, "the encoder",
              "please report this");
}

/// libjpeg reports errors by a longjmp to `failed`, so encode() must not have local objects with
/// destructors.
struct JpegEncoder {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  std::jmp_buf failed{};
  char message[JMSG_LENGTH_MAX] = {};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  JpegEncoder() {
    info.err = jpeg_std_error(&errors);
    errors.error_exit = [](j_common_ptr at) {
      auto& self = *static_cast<JpegEncoder*>(at->client_data);
      self.errors.format_message(at, self.message);
      std::longjmp(self.failed, 1);
    };
    info.client_data = this;
  }
  JpegEncoder(const JpegEncoder&) = delete;
  JpegEncoder& operator=(const JpegEncoder&) = delete;
  ~JpegEncoder() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }

  bool encode(const Image& image, int quality) {
    if (setjmp(failed) != 0) return false;
    jpeg_create_compress(&info);
    info.client_data = this;
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);  // chroma subsampling 4:2:0
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
      JSAMPROW row = const_cast<JSAMPROW>(
          &image.pixels[std::size_t{info.next_scanline} * info.image_width * 3]);
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
  }
};

}  // namespace

std::string encode_jpeg(const Image& image, int quality) {
  JpegEncoder encoder;
  if (!encoder.encode(image, quality)) fail(encoder.message);
  return {reinterpret_cast<const char*>(encoder.bytes), encoder.size};
}

std::string encode_png(const Image& image) {
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> encoder(spng_ctx_new(SPNG_CTX_ENCODER),
                                                               spng_ctx_free);
  spng_set_option(encoder.get(), SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(image.width);
  header.height = static_cast<std::uint32_t>(image.height);
  header.bit_depth = 8;
  header.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
  spng_set_ihdr(encoder.get(), &header);
  int failed = spng_encode_image(encoder.get(), image.pixels.data(), image.pixels.size(),
                                 SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  std::size_t size = 0;
  const std::unique_ptr<void, void (*)(void*)> bytes(
      spng_get_png_buffer(encoder.get(), &size, &failed), std::free);
  if (bytes == nullptr || failed != 0) fail(spng_strerror(failed));
  return {static_cast<const char*>(bytes.get()), size};
}

}  // namespace vitrine::data
