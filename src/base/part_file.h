// Temporary files and folders that are being written, beside their final path:
// `.<name>.part-<random>`. The writer holds a lock (flock) on them, so that other processes, also
// in other containers and on other machines, can tell them from leftovers of killed writers.
#pragma once

#include <filesystem>

namespace vitrine {

/// The folder of a file: "." if `path` has no folder.
std::filesystem::path folder_of(const std::filesystem::path& path);

/// Not thread-safe; owns the file and its descriptor.
class PartFile {
 public:
  enum class Kind {
    file,
    private_file,  ///< only the owner may read it (mode 600)
    folder,
  };

  /// Removes leftovers of earlier writers of `path` and creates a new file or folder, with
  /// permissions limited by the umask. On failure `descriptor()` is -1 and errno has the reason.
  PartFile(const std::filesystem::path& path, Kind kind);
  /// Removes the file or folder unless it was renamed.
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::filesystem::path& path() const { return part_; }
  int descriptor() const {
    return descriptor_;
  }  ///< open for writing (file) or for syncing (folder)

  /// Renames it to `path`. Returns false and sets errno on failure.
  bool rename_to(const std::filesystem::path& path);

 private:
  bool make(Kind kind);
  std::filesystem::path part_;
  int descriptor_ = -1;
};

}  // namespace vitrine
