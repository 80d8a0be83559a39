#include "data/image/idx.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/parallel.h"
#include "data/image/encode.h"

namespace vitrine::data {
namespace {

constexpr std::uint32_t kImages = 0x803;  // bytes, three dimensions
constexpr std::uint32_t kLabels = 0x801;  // bytes, one dimension
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;
constexpr std::uint64_t kMostImages = 10'000'000;
/// Marks a complete folder; written after all photos are on disk.
constexpr const char* kMark = ".whole";

/// Reads a file through zlib, which also accepts uncompressed files.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path)
      : path_(path), file_(::gzopen(path.c_str(), "rb"), ::gzclose) {
    if (file_ == nullptr) refuse("the file can't be opened");
  }

  std::vector<std::uint8_t> bytes(std::uint64_t count) {
    std::vector<std::uint8_t> out;  // grows with the bytes read: the declared count may be wrong
    for (std::uint64_t at = 0; at < count;) {
      const auto piece = static_cast<unsigned>(std::min<std::uint64_t>(count - at, 1U << 20));
      out.resize(at + piece);
      const int got = ::gzread(file_.get(), out.data() + at, piece);
      if (got <= 0) refuse("the file ends too early, or is damaged");
      at += static_cast<std::uint64_t>(got);
    }
    return out;
  }

  std::uint32_t number() {
    const auto b = bytes(4);
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorKind::bad_input, why, path_.string(),
                "download it again; an IDX file starts with a magic number and its dimensions");
  }

 private:
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

/// The path of the label file: ...images-idx3... -> ...labels-idx1..., with or without .gz.
std::filesystem::path labels_of(const std::filesystem::path& images) {
  std::string name = images.filename().string();
  for (const auto& [from, to] : {std::pair{"images", "labels"}, {"idx3", "idx1"}}) {
    if (const auto at = name.find(from); at != std::string::npos) {
      name.replace(at, std::string_view(from).size(), to);
    }
  }
  std::string other = name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name + ".gz";
  for (const std::string& one : {name, other}) {
    const auto path = images.parent_path() / one;
    if (path != images && std::filesystem::exists(path)) return path;
  }
  throw Error(ErrorKind::bad_input, "the label file of these images is missing",
              (images.parent_path() / name).string(),
              "put it beside the image file; MNIST's names are train-images-idx3-ubyte and "
              "train-labels-idx1-ubyte");
}

Image grey_image(const std::uint8_t* pixels, int width, int height) {
  Image image{width, height, {}};
  image.pixels.reserve(static_cast<std::size_t>(width) * height * 3);
  for (int i = 0; i < width * height; ++i) image.pixels.insert(image.pixels.end(), 3, pixels[i]);
  return image;
}

}  // namespace

bool is_idx(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(::gzopen(path.c_str(), "rb"), ::gzclose);
  std::array<std::uint8_t, 4> head{};
  return file != nullptr && ::gzread(file.get(), head.data(), 4) == 4 &&
         head == std::array<std::uint8_t, 4>{0, 0, 8, 3};
}

std::filesystem::path unpack_idx(const std::filesystem::path& images,
                                 const std::filesystem::path& cache) {
  const auto label_path = labels_of(images);
  const MappedFile image_bytes(images);
  const MappedFile label_bytes(label_path);
  const auto folder =
      cache / "idx" /
      sha256_hex(std::array<std::string_view, 2>{image_bytes.text(), label_bytes.text()})
          .substr(0, 16);
  if (std::filesystem::exists(folder / kMark)) return folder;

  Reader reader(images);
  if (reader.number() != kImages) reader.refuse("this is not an IDX file of images");
  const std::uint64_t count = reader.number();
  const std::uint64_t height = reader.number();
  const std::uint64_t width = reader.number();
  if (count == 0 || width == 0 || height == 0 || width > 4096 || height > 4096 ||
      count > kMostImages || count * width * height > kMostBytes) {
    reader.refuse("the header declares " + std::to_string(count) + " images of " +
                  std::to_string(width) + " x " + std::to_string(height) +
                  " pixels, which is out of range");
  }
  Reader label_reader(label_path);
  if (label_reader.number() != kLabels) label_reader.refuse("this is not an IDX file of labels");
  if (label_reader.number() != count) {
    label_reader.refuse("the number of labels differs from the number of images");
  }
  const auto labels = label_reader.bytes(count);
  const auto pixels = reader.bytes(count * width * height);

  const auto part = cache / "idx" / (".part-" + std::to_string(::getpid()));
  std::error_code problem;
  std::filesystem::remove_all(part, problem);
  for (const std::uint8_t label : labels) {
    if (!problem) std::filesystem::create_directories(part / std::to_string(label), problem);
  }
  const auto write = [&](std::size_t i) {
    const std::string png = encode_png(grey_image(
        pixels.data() + i * width * height, static_cast<int>(width), static_cast<int>(height)));
    char name[16];
    std::snprintf(name, sizeof name, "%07zu.png", i);
    const auto path = part / std::to_string(labels[i]) / name;
    // Not synced one by one: a folder without its mark is unpacked again.
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                               std::fclose);
    if (file == nullptr || std::fwrite(png.data(), 1, png.size(), file.get()) != png.size() ||
        std::fflush(file.get()) != 0) {
      throw Error(ErrorKind::failed, "the photos of an IDX file can't be unpacked", path.string(),
                  "free disk space, or set VITRINE_CACHE to another folder");
    }
  };
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorKind::failed, "the photos of an IDX file can't be unpacked: " + why,
                folder.string(), "free disk space, or set VITRINE_CACHE to another folder");
  };
  if (problem) fail(problem.message());
  try {
    parallel_for(count, write);
  } catch (const Error&) {
    std::filesystem::remove_all(part, problem);
    throw;
  }
  const int place = ::open(part.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (place >= 0) {
    ::syncfs(place);
    ::close(place);
  }
  write_file_atomically(part / kMark, {});
  std::filesystem::remove_all(folder, problem);
  std::filesystem::rename(part, folder, problem);
  if (problem && !std::filesystem::exists(folder / kMark)) fail(problem.message());
  return folder;
}

}  // namespace vitrine::data
