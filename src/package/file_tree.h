// The files of a package with the paths that they have where it runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace vitrine::package {

/// A file's content: in memory, or a file of this machine that is read when it is packed.
struct TreeFile {
  std::string bytes;
  std::filesystem::path source;  ///< empty: `bytes` is the content
  unsigned mode = 0644;

  /// Throws Error(failed) if the source can't be read.
  std::string content() const;
  std::uintmax_t size() const;  ///< in bytes
};

/// Paths are relative, with '/' as separator. The folders of a file are added with it.
class FileTree {
 public:
  void add(const std::string& path, std::string bytes, unsigned mode = 0644);
  void add_copy(const std::string& path, const std::filesystem::path& source, unsigned mode = 0644);
  /// Adds all of `other` below `folder`.
  void add_tree(const std::string& folder, const FileTree& other);
  /// Adds a folder, which may stay empty.
  void add_folder(const std::string& path, unsigned mode = 0755);

  /// All files by path, in bytewise order.
  const std::map<std::string, TreeFile>& files() const { return files_; }
  /// All folders with their modes, parents first.
  const std::map<std::string, unsigned>& folders() const { return folders_; }

 private:
  void add_parents(std::string_view path);

  std::map<std::string, TreeFile> files_;
  std::map<std::string, unsigned> folders_;
};

}  // namespace vitrine::package
