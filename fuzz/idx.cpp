// IDX files: images and labels in one input, cut at the first byte's share of it.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "check.h"
#include "data/image/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace vitrine;
  if (size < 2 || size > 20'000) return 0;
  static const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("vitrine-fuzz-idx-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::size_t cut = text.size() * bytes[0] / 255;
  const auto images = folder / "train-images-idx3-ubyte";
  std::ofstream(images, std::ios::binary) << text.substr(0, cut);
  std::ofstream(folder / "train-labels-idx1-ubyte", std::ios::binary) << text.substr(cut);
  fuzz::check([&] {
    if (data::is_idx(images)) (void)data::unpack_idx(images, folder / "cache");
  });
  std::filesystem::remove_all(folder);
  return 0;
}
