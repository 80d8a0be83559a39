// WebP by libwebp; of an animation the first frame.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "data/image_decoders.h"

namespace vitrine {
namespace {

/// What lies around the picture: the first frame's bytes and the orientation.
struct Container {
  WebPData frame;
  int orientation = 1;
};

Container open_container(const WebPData& data) {
  Container found{data};
  const std::unique_ptr<WebPDemuxer, void (*)(WebPDemuxer*)> demuxer(
      WebPDemuxPartial(&data, nullptr), WebPDemuxDelete);
  if (!demuxer) return found;
  WebPIterator frame{};
  if (WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT) > 1 &&
      WebPDemuxGetFrame(demuxer.get(), 1, &frame) != 0) {
    found.frame = frame.fragment;  // points into the file's bytes
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
  const Container container = open_container(data);
  if (WebPGetFeatures(container.frame.bytes, container.frame.size, &features) != VP8_STATUS_OK) {
    encoded.refuse("its first frame is broken");
  }
  encoded.check_size(static_cast<std::uint64_t>(features.width),
                     static_cast<std::uint64_t>(features.height));
  // Incrementally, so that a file which ends early shows what it has.
  const std::size_t stride = static_cast<std::size_t>(features.width) * 4;
  std::vector<std::uint8_t> rgba(stride * features.height, 255);
  const std::unique_ptr<WebPIDecoder, void (*)(WebPIDecoder*)> decoder(
      WebPINewRGB(MODE_RGBA, rgba.data(), rgba.size(), static_cast<int>(stride)), WebPIDelete);
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
  out.image = over_white(features.width, features.height, rgba.data(), stride);
  return out;
}

}  // namespace vitrine
