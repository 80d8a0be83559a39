#include "package/output_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace vitrine::package {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& what, const fs::path& where, int code) {
  return {ErrorKind::failed, what + ": " + std::strerror(code), where.string(),
          code == ENOSPC || code == EDQUOT
              ? "free disk space, or name another folder by -o"
              : "check the folder and its permissions, or name another folder by -o"};
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& asked) {
  if (asked.empty()) {
    throw Error(ErrorKind::usage, "the folder has no name", "-o", "name a folder by -o");
  }
  std::error_code problem;
  const fs::path whole = fs::absolute(asked);
  const fs::path target =  // a link may point to a folder that does not exist yet
      fs::is_symlink(whole, problem) ? whole.parent_path() / fs::read_symlink(whole, problem)
                                     : whole;
  path_ = fs::weakly_canonical(target, problem);  // replaces the target of the link, not the link
  if (problem) throw failed("the folder can't be made", asked, problem.value());
  if (!path_.has_filename()) path_ = path_.parent_path();
  const auto status = fs::status(path_, problem);
  if (fs::exists(status) && !fs::is_directory(status)) {
    throw Error(ErrorKind::usage, "this is a file, not a folder for a package", asked.string(),
                "name a new folder by -o");
  }
  if (fs::exists(status) && !fs::is_empty(path_, problem)) {
    throw Error(ErrorKind::usage, "the folder is not empty", asked.string(),
                "name a new folder by -o, or empty this one: nothing is overwritten");
  }
  struct stat own{}, parent{};
  if (::stat(path_.c_str(), &own) == 0 && ::stat(path_.parent_path().c_str(), &parent) == 0 &&
      (own.st_dev != parent.st_dev || own.st_ino == parent.st_ino)) {
    throw Error(ErrorKind::usage, "the folder is a mount point, which can't be replaced",
                asked.string(), "name a folder inside it by -o");
  }
  fs::create_directories(path_.parent_path(), problem);
  if (problem) throw failed("the folder can't be made", path_.parent_path(), problem.value());
  part_.emplace(path_, PartFile::Kind::folder);
  if (part_->descriptor() < 0) throw failed("the package can't be written", path_, errno);
  ::chmod(part_->path().c_str(), 0755);  // whatever the umask is
}

void OutputFolder::write(const std::string& name, std::string_view bytes, unsigned mode) {
  const fs::path file = part_->path() / name;
  const fs::path shown_as = path_ / name;
  std::error_code problem;
  fs::create_directories(file.parent_path(), problem);
  if (problem) throw failed("the package can't be written", shown_as, problem.value());
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (out < 0) throw failed("the package can't be written", shown_as, errno);
  int fault = 0;
  while (!bytes.empty() && fault == 0) {
    const ssize_t written = ::write(out, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      fault = errno;
    }
  }
  // The mode must not depend on the umask.
  if (fault == 0 && ::fchmod(out, static_cast<mode_t>(mode)) != 0) fault = errno;
  if (::close(out) != 0 && fault == 0) fault = errno;
  if (fault != 0) throw failed("the package can't be written", shown_as, fault);
}

void OutputFolder::write(const FileTree& tree) {
  std::error_code problem;
  for (const auto& [folder, mode] : tree.folders()) {
    const fs::path made = part_->path() / folder;
    fs::create_directories(made, problem);
    if (problem) throw failed("the package can't be written", path_ / folder, problem.value());
    if (::chmod(made.c_str(), static_cast<mode_t>(mode)) != 0) {
      throw failed("the package can't be written", path_ / folder, errno);
    }
  }
  for (const auto& [path, file] : tree.files()) write(path, file.content(), file.mode);
}

void OutputFolder::finish() {
  ::syncfs(part_->descriptor());
  // rename() replaces an empty folder and fails if another program has filled it meanwhile.
  if (!part_->rename_to(path_)) throw failed("the package can't be renamed", path_, errno);
}

}  // namespace vitrine::package
