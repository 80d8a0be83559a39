// The output folder of a package. It appears under its name only when it is complete.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/part_file.h"
#include "package/file_tree.h"

namespace vitrine::package {

/// Writes into a temporary folder beside `path` (base/part_file.h); finish() renames it. An
/// unfinished folder is removed by the destructor. Not thread-safe.
class OutputFolder {
 public:
  /// Throws Error(usage) if `path` exists and is not an empty folder, Error(failed) if the folder
  /// can't be created.
  explicit OutputFolder(const std::filesystem::path& path);

  /// Writes a file; `name` may contain folders. Throws Error(failed): disk full, no permission.
  void write(const std::string& name, std::string_view bytes, unsigned mode = 0644);
  void write(const FileTree& tree);

  /// Flushes the files to the disk and renames the folder to `path`. Throws Error(failed).
  void finish();

 private:
  std::filesystem::path path_;
  std::optional<PartFile> part_;
};

}  // namespace vitrine::package
