// Decodes GIF with giflib: the first frame on a white canvas.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "data/image/image_decoders.h"

namespace vitrine::data {
namespace {

int read_bytes(GifFileType* file, GifByteType* to, int wanted) {
  auto& left = *static_cast<std::string_view*>(file->UserData);
  const std::size_t count = std::min(left.size(), static_cast<std::size_t>(wanted));
  std::memcpy(to, left.data(), count);
  left.remove_prefix(count);
  return static_cast<int>(count);
}

/// Skips an extension. Returns its transparent colour index if it has one, else `before`.
int read_extension(GifFileType* file, int before) {
  int code = 0;
  GifByteType* block = nullptr;
  if (DGifGetExtension(file, &code, &block) != GIF_OK) return before;
  while (block != nullptr) {
    if (code == GRAPHICS_EXT_FUNC_CODE && block[0] >= 4) before = (block[1] & 1) ? block[4] : -1;
    if (DGifGetExtensionNext(file, &block) != GIF_OK) break;
  }
  return before;
}

/// The rows of a frame in file order (interlaced files have four passes).
std::vector<int> row_order(int height, bool interlaced) {
  std::vector<int> rows;
  constexpr int kStarts[] = {0, 4, 2, 1};
  constexpr int kSteps[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (interlaced ? 4 : 1); ++pass) {
    const int step = interlaced ? kSteps[pass] : 1;
    for (int y = interlaced ? kStarts[pass] : 0; y < height; y += step) rows.push_back(y);
  }
  return rows;
}

/// Draws the current frame on `canvas`. Returns false if its data end early.
bool draw_frame(GifFileType* file, int transparent, Image& canvas) {
  const GifImageDesc& frame = file->Image;
  const ColorMapObject* colours = frame.ColorMap != nullptr ? frame.ColorMap : file->SColorMap;
  std::vector<GifPixelType> line(static_cast<std::size_t>(frame.Width));
  for (const int y : row_order(frame.Height, frame.Interlace)) {
    if (DGifGetLine(file, line.data(), frame.Width) != GIF_OK) return false;
    if (frame.Top + y >= canvas.height) continue;
    for (int x = 0; x < frame.Width && frame.Left + x < canvas.width; ++x) {
      const int index = line[static_cast<std::size_t>(x)];
      if (index == transparent || index >= colours->ColorCount) continue;
      const GifColorType& colour = colours->Colors[index];
      const std::size_t place =
          (static_cast<std::size_t>(frame.Top + y) * canvas.width + frame.Left + x) * 3;
      canvas.pixels[place] = colour.Red;
      canvas.pixels[place + 1] = colour.Green;
      canvas.pixels[place + 2] = colour.Blue;
    }
  }
  return true;
}

}  // namespace

Decoded decode_gif(const EncodedImage& encoded) {
  std::string_view left = encoded.bytes;
  int code = 0;
  const auto close = [](GifFileType* file) { DGifCloseFile(file, nullptr); };
  const std::unique_ptr<GifFileType, decltype(close)> file(DGifOpen(&left, read_bytes, &code));
  if (!file) encoded.refuse("its header is broken");
  encoded.check_size(static_cast<std::uint64_t>(file->SWidth),
                     static_cast<std::uint64_t>(file->SHeight));
  int transparent = -1;
  for (;;) {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(file.get(), &record) != GIF_OK || record == TERMINATE_RECORD_TYPE) {
      encoded.refuse("it has no frame");
    }
    if (record == EXTENSION_RECORD_TYPE) transparent = read_extension(file.get(), transparent);
    if (record == IMAGE_DESC_RECORD_TYPE) break;
  }
  if (DGifGetImageDesc(file.get()) != GIF_OK) encoded.refuse("its first frame is broken");
  const GifImageDesc& frame = file->Image;
  if ((frame.ColorMap == nullptr && file->SColorMap == nullptr) || frame.Left < 0 ||
      frame.Top < 0) {
    encoded.refuse("its first frame is broken");
  }
  encoded.check_size(static_cast<std::uint64_t>(frame.Width),
                     static_cast<std::uint64_t>(frame.Height));
  Decoded out;
  out.image = {file->SWidth, file->SHeight, {}};
  out.image.pixels.assign(static_cast<std::size_t>(file->SWidth) * file->SHeight * 3, 255);
  out.truncated = !draw_frame(file.get(), transparent, out.image);
  return out;
}

}  // namespace vitrine::data
