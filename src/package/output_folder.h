// Where a package is written: a folder that has its name when it is whole, and not before.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "package/file_tree.h"

namespace vitrine {

/// Makes `.<name>.part-<pid>` beside `path`; finish() renames it. What was not finished is removed.
class OutputFolder {
 public:
  /// Throws Error(usage) where `path` is there and is no empty folder, Error(failed) where it
  /// can't be made.
  explicit OutputFolder(const std::filesystem::path& path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// `name` may hold folders. Throws Error(failed): disk full, no rights.
  void write(const std::string& name, std::string_view bytes, unsigned mode = 0644);
  void write(const FileTree& tree);

  /// Throws Error(failed).
  void finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path part_;
  bool finished_ = false;
};

}  // namespace vitrine
