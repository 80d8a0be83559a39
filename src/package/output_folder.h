// Where a package is written: a folder that has its name when it is whole, and not before.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/part_file.h"
#include "package/file_tree.h"

namespace vitrine {

/// Written beside `path` (base/part_file.h); finish() renames it. What was not finished is removed.
class OutputFolder {
 public:
  /// Throws Error(usage) where `path` is there and is no empty folder, Error(failed) where it
  /// can't be made.
  explicit OutputFolder(const std::filesystem::path& path);

  /// `name` may hold folders. Throws Error(failed): disk full, no rights.
  void write(const std::string& name, std::string_view bytes, unsigned mode = 0644);
  void write(const FileTree& tree);

  /// Throws Error(failed).
  void finish();

 private:
  std::filesystem::path path_;
  std::optional<PartFile> part_;
};

}  // namespace vitrine
