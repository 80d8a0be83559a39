#include "train/network/checkpoint.h"

#include <array>
#include <charconv>

#include "base/error.h"
#include "base/file.h"

namespace vitrine::train {
namespace {

constexpr std::string_view kMagic = "vitrine checkpoint 1\n";
constexpr std::size_t kHead = kMagic.size() + 65;  // a SHA-256 and a line end

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const std::vector<std::string>& parts) {
  std::string body;
  for (const std::string& part : parts) body += std::to_string(part.size()) + "\n" + part;
  const std::string head = std::string(kMagic) + sha256_hex(body) + "\n";
  write_file_atomically(path, std::array<std::string_view, 2>{head, body});
}

std::vector<std::string> read_checkpoint(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    refuse_checkpoint(path, "there is no checkpoint to resume from");
  }
  const MappedFile file(path);
  const std::string_view text = file.text();
  if (text.size() < kHead || !text.starts_with(kMagic) || text[kHead - 1] != '\n' ||
      text.substr(kMagic.size(), 64) != sha256_hex(text.substr(kHead))) {
    refuse_checkpoint(path, "the checkpoint is damaged");
  }
  std::vector<std::string> parts;
  for (std::size_t at = kHead; at < text.size();) {
    std::size_t size = 0;
    const auto [end, problem] = std::from_chars(text.data() + at, text.data() + text.size(), size);
    const std::size_t start = static_cast<std::size_t>(end - text.data()) + 1;
    if (problem != std::errc() || start > text.size() || size > text.size() - start) {
      refuse_checkpoint(path, "the checkpoint is damaged");
    }
    parts.emplace_back(text.substr(start, size));
    at = start + size;
  }
  return parts;
}

void refuse_checkpoint(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorKind::bad_input, why, path.string(), "start again without --resume");
}

}  // namespace vitrine::train
