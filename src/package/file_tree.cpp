#include "package/file_tree.h"

#include "base/error.h"
#include "base/file.h"

namespace vitrine::package {

std::string TreeFile::content() const {
  if (source.empty()) return bytes;
  try {
    return std::string(MappedFile(source).text());
  } catch (const Error& error) {
    throw Error(ErrorKind::failed, "a part of the package can't be read: " + error.message,
                error.where, "install all of Vitrine");
  }
}

std::uintmax_t TreeFile::size() const {
  std::error_code unknown;
  return source.empty() ? bytes.size() : std::filesystem::file_size(source, unknown);
}

void FileTree::add(const std::string& path, std::string bytes, unsigned mode) {
  add_parents(path);
  files_[path] = {.bytes = std::move(bytes), .mode = mode};
}

void FileTree::add_copy(const std::string& path, const std::filesystem::path& source,
                        unsigned mode) {
  add_parents(path);
  files_[path] = {.source = source, .mode = mode};
}

void FileTree::add_tree(const std::string& folder, const FileTree& other) {
  for (const auto& [path, mode] : other.folders()) add_folder(folder + "/" + path, mode);
  for (const auto& [path, file] : other.files()) {
    add_parents(folder + "/" + path);
    files_[folder + "/" + path] = file;
  }
}

void FileTree::add_folder(const std::string& path, unsigned mode) {
  add_parents(path);
  folders_[path] = mode;
}

void FileTree::add_parents(std::string_view path) {
  for (std::size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
    folders_.emplace(path.substr(0, at), 0755);
  }
}

}  // namespace vitrine::package
