// Files: memory-mapped reading, atomic writing, SHA-256.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace vitrine {

/// A file mapped read-only. Movable; `text()` is valid as long as the object lives.
/// Throws Error(bad_input) if the file is missing, unreadable or not a regular file.
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

/// Reads the whole file. Throws Error(bad_input) if it has more than `limit` bytes or can't be
/// read. `what` names the file in the message.
std::string read_file(const std::filesystem::path& path, std::size_t limit, std::string_view what);

/// Writes the pieces, one after another, to a temporary file beside `path`, syncs it, renames it
/// over `path` and syncs the folder. A reader sees the old file or the new one, also if the
/// process is killed. Leftovers of a killed write have names as in base/part_file.h; the next
/// write to `path` removes them. A symbolic link is followed. A pipe or device is written to
/// directly. Throws Error(failed).
void write_file_atomically(const std::filesystem::path& path,
                           std::span<const std::string_view> pieces);

/// The same for a secret: only the owner may read the file, from its first byte on (mode 600).
void write_private_file_atomically(const std::filesystem::path& path,
                                   std::span<const std::string_view> pieces);

/// Throws Error(failed) unless a file can be written at `path`, and Error(usage) if it is one of
/// the `inputs`. Call it before a long job, so that the job does not fail at its end.
void check_writable(const std::filesystem::path& path, std::span<const std::string> inputs = {});

/// The folder for results that can be computed again: $VITRINE_CACHE, else
/// $XDG_CACHE_HOME/vitrine, else ~/.cache/vitrine. It may not exist yet.
std::filesystem::path cache_folder();

/// The SHA-256 of the concatenated pieces, as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::span<const std::string_view> pieces);
std::string sha256_hex(std::string_view text);
/// From this many bytes on, hashing takes long enough (0.5 ms) to be worth a thread.
inline constexpr std::size_t kManyToHash = std::size_t{1} << 20;

}  // namespace vitrine
