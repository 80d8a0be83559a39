// Decodes PNG with libspng.
#include <spng.h>

#include <memory>

#include "data/image/image_decoders.h"

namespace vitrine::data {

Decoded decode_png(const EncodedImage& encoded) {
  const std::unique_ptr<spng_ctx, void (*)(spng_ctx*)> decoder(spng_ctx_new(0), spng_ctx_free);
  spng_set_chunk_limits(decoder.get(), std::size_t{16} << 20, std::size_t{32} << 20);
  spng_set_crc_action(decoder.get(), SPNG_CRC_ERROR, SPNG_CRC_DISCARD);
  spng_set_png_buffer(decoder.get(), encoded.bytes.data(), encoded.bytes.size());
  spng_ihdr header{};
  if (const int code = spng_get_ihdr(decoder.get(), &header)) encoded.refuse(spng_strerror(code));
  encoded.check_size(header.width, header.height);
  const int width = static_cast<int>(header.width);
  const int height = static_cast<int>(header.height);
  const std::size_t stride = std::size_t{header.width} * 4;
  if (const int code = spng_decode_image(decoder.get(), nullptr, 0, SPNG_FMT_RGBA8,
                                         SPNG_DECODE_TRNS | SPNG_DECODE_PROGRESSIVE)) {
    encoded.refuse(spng_strerror(code));
  }
  // Row by row, so that a file that ends early yields the rows that it has; the rest is white. Each
  // pass of an interlaced file fills in pixels of rows that earlier passes decoded.
  const bool interlaced = header.interlace_method != 0;
  Decoded out;
  out.image = {width, height,
               std::vector<std::uint8_t>(std::size_t{header.width} * height * 3, 255)};
  std::vector<std::uint8_t> rgba(interlaced ? stride * header.height : stride, 255);
  int code = 0;
  std::size_t rows = 0;
  while (code == 0) {
    spng_row_info row{};
    code = spng_get_row_info(decoder.get(), &row);
    if (code != 0) break;
    std::uint8_t* const decoded = rgba.data() + (interlaced ? row.row_num * stride : 0);
    code = spng_decode_row(decoder.get(), decoded, stride);
    ++rows;
    if (code != 0 && code != SPNG_EOI) break;
    row_over_white(width, decoded, &out.image.pixels[row.row_num * std::size_t{header.width} * 3]);
  }
  if (code != SPNG_EOI) {
    if (rows <= 1) encoded.refuse(spng_strerror(code));
    out.truncated = true;
  }
  spng_exif exif{};
  if (spng_get_exif(decoder.get(), &exif) == 0) {
    out.orientation = exif_orientation({exif.data, exif.length});
  }
  return out;
}

}  // namespace vitrine::data
