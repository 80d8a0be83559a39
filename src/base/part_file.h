// Files and folders that are being written, beside the name that they will get:
// `.<name>.part-<random>`. Whoever writes one holds a lock on it, so that others, in other
// containers and on other machines too, can tell what is written from what was left behind.
#pragma once

#include <filesystem>

namespace vitrine {

/// That a file lies in: "." where its name is all there is.
std::filesystem::path folder_of(const std::filesystem::path& path);

class PartFile {
 public:
  enum class Kind { file, folder };

  /// Removes what was left behind under such names of `path`, and makes a new one with the rights
  /// that the umask leaves. `descriptor()` is -1 and errno says why where it can't be made.
  PartFile(const std::filesystem::path& path, Kind kind);
  /// Removes what has not got its name.
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::filesystem::path& path() const { return part_; }
  int descriptor() const {
    return descriptor_;
  }  ///< of a file for writing, of a folder for syncing

  /// Gives it the name. False and errno where that fails.
  bool rename_to(const std::filesystem::path& path);

 private:
  bool make(Kind kind);
  std::filesystem::path part_;
  int descriptor_ = -1;
};

}  // namespace vitrine
