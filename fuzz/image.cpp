// Photos of all formats, decoded and resized.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "check.h"
#include "data/image/image.h"
#include "data/image/resize.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  fuzz::check([&] {
    const data::DecodedImage decoded = data::decode_image(
        {reinterpret_cast<const char*>(bytes), size}, "p", {.max_pixels = 1'000'000});
    const auto& image = decoded.image;
    if (image.pixels.size() != std::size_t(image.width) * std::size_t(image.height) * 3)
      std::abort();
    (void)data::resized(image, {32, 32, data::Fit::crop});
  });
  return 0;
}
