// Files: mapped for reading, and written whole or not at all.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace vitrine {

/// A file mapped read-only. Movable; the text lives as long as the object.
/// Throws Error(bad_input) for a file that is missing, a folder or unreadable.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::string_view text() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The whole file as a string; at most `limit` bytes. `what` names it in errors.
std::string read_file(const std::filesystem::path& path, std::size_t limit, std::string_view what);

/// Writes the pieces, one after another, to a temporary file beside `path`,
/// syncs it, renames it over `path` and syncs the folder: a reader, or a kill at
/// any moment, finds the old file or the new one. Leftovers of a killed write
/// carry the names of base/part_file.h and are removed by the next one. A link is
/// followed; what is no regular file (a pipe, a device) is written to directly.
/// Throws Error(failed).
void write_file_atomically(const std::filesystem::path& path,
                           std::span<const std::string_view> pieces);

/// Throws Error(failed) unless a file could be written at `path`, and Error(usage)
/// if it is one of the `inputs`: to be asked before a long job, not after it.
void check_writable(const std::filesystem::path& path, std::span<const std::string> inputs = {});

/// Where results that can be made again are kept: $VITRINE_CACHE, else
/// $XDG_CACHE_HOME/vitrine, else ~/.cache/vitrine. May not be there yet.
std::filesystem::path cache_folder();

/// SHA-256 of the pieces one after another, 64 hexadecimal digits.
std::string sha256_hex(std::span<const std::string_view> pieces);
std::string sha256_hex(std::string_view text);
/// So many bytes are worth a thread that hashes them: half a millisecond.
inline constexpr std::size_t kManyToHash = std::size_t{1} << 20;

}  // namespace vitrine
