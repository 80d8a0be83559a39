// Decodes WebP with libwebp; of an animation, the canvas with the first frame.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "data/image/image_decoders.h"

namespace vitrine::data {
namespace {

/// The contents of the file: the bytes of the first frame, its position on the canvas, and the
/// orientation.
struct Container {
  WebPData frame;
  int width = 0;  ///< of the canvas
  int height = 0;
  int left = 0;
  int top = 0;
  int orientation = 1;
};

Container open_container(const WebPData& data, int width, int height) {
  Container found{data, width, height};
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demuxer(
      WebPDemuxPartial(&data, nullptr), WebPDemuxDelete);
  if (!demuxer) return found;
  WebPIterator frame{};
  const bool animated = (WebPDemuxGetI(demuxer.get(), WEBP_FF_FORMAT_FLAGS) & ANIMATION_FLAG) != 0;
  if (animated && WebPDemuxGetFrame(demuxer.get(), 1, &frame) != 0) {
    found.frame = frame.fragment;  // points into the file's bytes
    found.left = frame.x_offset;
    found.top = frame.y_offset;
    WebPDemuxReleaseIterator(&frame);
  }
  WebPChunkIterator chunk{};
  if (WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) != 0) {
    found.orientation =
        exif_orientation({reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size});
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  return found;
}

}  // namespace

Decoded decode_webp(const EncodedImage& encoded) {
  const WebPData data{reinterpret_cast<const std::uint8_t*>(encoded.bytes.data()),
                      encoded.bytes.size()};
  WebPBitstreamFeatures features{};
  if (WebPGetFeatures(data.bytes, data.size, &features) != VP8_STATUS_OK) {
    encoded.refuse("its header is broken");
  }
  encoded.check_size(static_cast<std::uint64_t>(features.width),
                     static_cast<std::uint64_t>(features.height));
  const Container container = open_container(data, features.width, features.height);
  if (WebPGetFeatures(container.frame.bytes, container.frame.size, &features) != VP8_STATUS_OK) {
    encoded.refuse("its first frame is broken");
  }
  if (features.width > container.width - container.left ||
      features.height > container.height - container.top) {
    encoded.refuse("its first frame is larger than its canvas");
  }
  // Incrementally, so that a file that ends early yields the rows that it has. The canvas is white
  // outside the frame.
  const std::size_t stride = static_cast<std::size_t>(container.width) * 4;
  std::vector<std::uint8_t> rgba(stride * container.height, 255);
  const std::size_t first = stride * container.top + std::size_t{4} * container.left;
  const std::unique_ptr<WebPIDecoder, void (*)(WebPIDecoder*)> decoder(
      WebPINewRGB(MODE_RGBA, rgba.data() + first, rgba.size() - first, static_cast<int>(stride)),
      WebPIDelete);
  const VP8StatusCode code =
      WebPIUpdate(decoder.get(), container.frame.bytes, container.frame.size);
  int rows = 0;
  Decoded out;
  out.orientation = container.orientation;
  if (code != VP8_STATUS_OK) {
    const auto* there = WebPIDecGetRGB(decoder.get(), &rows, nullptr, nullptr, nullptr);
    if (there == nullptr || rows <= 0) encoded.refuse("it is broken");
    out.truncated = true;
  }
  out.image = over_white(container.width, container.height, rgba.data(), stride);
  return out;
}

}  // namespace vitrine::data
