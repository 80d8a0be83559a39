#include "data/encode.h"

#include <spng.h>
#include <turbojpeg.h>

#include <cstdlib>
#include <memory>

#include "base/error.h"

namespace vitrine {
namespace {

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorKind::failed, "a picture can't be encoded: " + why, "the encoder",
              "please report this");
}

}  // namespace

std::string encode_jpeg(const Image& image, int quality) {
  const std::unique_ptr<void, int (*)(tjhandle)> encoder(tjInitCompress(), tjDestroy);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int failed = tjCompress2(encoder.get(), image.pixels.data(), image.width, 0, image.height,
                                 TJPF_RGB, &bytes, &size, TJSAMP_420, quality, 0);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> held(bytes, tjFree);
  if (failed != 0) fail(tjGetErrorStr2(encoder.get()));
  return {reinterpret_cast<const char*>(bytes), size};
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

}  // namespace vitrine
