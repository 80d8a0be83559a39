// The files of a package, as they will lie where it runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace vitrine {

/// A file's content: in memory, or a file of this machine that is read when it is packed.
struct TreeFile {
  std::string bytes;
  std::filesystem::path source;  ///< empty: `bytes` are the content
  unsigned mode = 0644;

  /// Throws Error(failed) where the source can't be read.
  std::string content() const;
  std::uintmax_t size() const;  ///< bytes of it
};

/// Paths are relative, parts separated by '/'. Folders are implied by what lies in them.
class FileTree {
 public:
  void add(const std::string& path, std::string bytes, unsigned mode = 0644);
  void add_copy(const std::string& path, const std::filesystem::path& source, unsigned mode = 0644);
  /// All of `other` below `folder`.
  void add_tree(const std::string& folder, const FileTree& other);
  /// A folder that need not hold anything.
  void add_folder(const std::string& path, unsigned mode = 0755);

  /// By path, in bytewise order.
  const std::map<std::string, TreeFile>& files() const { return files_; }
  /// Every folder, parents before what lies in them, with its mode.
  const std::map<std::string, unsigned>& folders() const { return folders_; }

 private:
  void add_parents(std::string_view path);

  std::map<std::string, TreeFile> files_;
  std::map<std::string, unsigned> folders_;
};

}  // namespace vitrine
