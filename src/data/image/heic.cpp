// Decodes HEIC with libheif, which also applies the orientation.
#include <libheif/heif.h>

#include <memory>

#include "data/image/image_decoders.h"

namespace vitrine::data {

Decoded decode_heic(const EncodedImage& encoded) {
  const std::unique_ptr<heif_context, void (*)(heif_context*)> context(heif_context_alloc(),
                                                                       heif_context_free);
  const auto check = [&](const heif_error& error) {
    if (error.code != heif_error_Ok) encoded.refuse(error.message);
  };
  check(heif_context_read_from_memory_without_copy(context.get(), encoded.bytes.data(),
                                                   encoded.bytes.size(), nullptr));
  heif_image_handle* raw_handle = nullptr;
  check(heif_context_get_primary_image_handle(context.get(), &raw_handle));
  const std::unique_ptr<heif_image_handle, void (*)(const heif_image_handle*)> handle(
      raw_handle, heif_image_handle_release);
  const auto not_negative = [](int x) { return static_cast<std::uint64_t>(x > 0 ? x : 0); };
  encoded.check_size(not_negative(heif_image_handle_get_width(raw_handle)),
                     not_negative(heif_image_handle_get_height(raw_handle)));
  heif_image* raw_image = nullptr;
  check(heif_decode_image(raw_handle, &raw_image, heif_colorspace_RGB, heif_chroma_interleaved_RGBA,
                          nullptr));
  const std::unique_ptr<heif_image, void (*)(const heif_image*)> image(raw_image,
                                                                       heif_image_release);
  int stride = 0;
  const std::uint8_t* rgba =
      heif_image_get_plane_readonly(raw_image, heif_channel_interleaved, &stride);
  if (rgba == nullptr) encoded.refuse("it has no image");
  Decoded out;
  out.image = over_white(heif_image_get_width(raw_image, heif_channel_interleaved),
                         heif_image_get_height(raw_image, heif_channel_interleaved), rgba,
                         static_cast<std::size_t>(stride));
  return out;
}

}  // namespace vitrine::data
