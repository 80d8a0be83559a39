#include "package/output_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace vitrine {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& what, const fs::path& where, int code) {
  return {ErrorKind::failed, what + ": " + std::strerror(code), where.string(),
          code == ENOSPC || code == EDQUOT
              ? "make room there, or write elsewhere by -o"
              : "check the folder and its rights, or write elsewhere by -o"};
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& asked) {
  if (asked.empty()) {
    throw Error(ErrorKind::usage, "the folder has no name", "-o", "name a folder by -o");
  }
  std::error_code problem;
  const fs::path whole = fs::absolute(asked);
  const fs::path target =  // of a link that points at nothing yet
      fs::is_symlink(whole, problem) ? whole.parent_path() / fs::read_symlink(whole, problem)
                                     : whole;
  path_ = fs::weakly_canonical(target, problem);  // through links: what is there is replaced
  if (problem) throw failed("the folder can't be made", asked, problem.value());
  if (!path_.has_filename()) path_ = path_.parent_path();
  const auto status = fs::status(path_, problem);
  if (fs::exists(status) && !fs::is_directory(status)) {
    throw Error(ErrorKind::usage, "this is a file, not a folder for a package", asked.string(),
                "name a folder that is not there yet by -o");
  }
  if (fs::exists(status) && !fs::is_empty(path_, problem)) {
    throw Error(ErrorKind::usage, "the folder is not empty", asked.string(),
                "name a new one by -o, or empty it: nothing is overwritten");
  }
  struct stat own{}, parent{};
  if (::stat(path_.c_str(), &own) == 0 && ::stat(path_.parent_path().c_str(), &parent) == 0 &&
      (own.st_dev != parent.st_dev || own.st_ino == parent.st_ino)) {
    throw Error(ErrorKind::usage, "the folder is a mount: it can't be replaced by a whole one",
                asked.string(), "name a folder inside it by -o");
  }
  fs::create_directories(path_.parent_path(), problem);
  if (problem) throw failed("the folder can't be made", path_.parent_path(), problem.value());
  part_.emplace(path_, PartFile::Kind::folder);
  if (part_->descriptor() < 0) throw failed("the package can't be written", path_, errno);
  ::chmod(part_->path().c_str(), 0755);  // the umask may have taken what others need
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
  // The umask may have taken what a program needs.
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
  // An empty folder of that name is replaced; one that has been filled since is not.
  if (!part_->rename_to(path_)) throw failed("the package can't get its name", path_, errno);
}

}  // namespace vitrine
