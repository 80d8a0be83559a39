#include "package/output_folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
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

/// `.<name>.part-<pid>` of processes that are no more.
void remove_leftovers(const fs::path& path) {
  const std::string stem = "." + path.filename().string() + ".part-";
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), problem)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(stem)) continue;
    pid_t pid = 0;
    const auto [end, code] =
        std::from_chars(name.data() + stem.size(), name.data() + name.size(), pid);
    if (code == std::errc() && end == name.data() + name.size() && pid > 0 && ::kill(pid, 0) != 0 &&
        errno == ESRCH) {
      fs::remove_all(entry.path(), problem);
    }
  }
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& path) : path_(fs::absolute(path).lexically_normal()) {
  if (!path_.has_filename()) path_ = path_.parent_path();
  std::error_code problem;
  const auto status = fs::status(path_, problem);
  if (fs::exists(status) && !fs::is_directory(status)) {
    throw Error(ErrorKind::usage, "this is a file, not a folder for a package", path.string(),
                "name a folder that is not there yet by -o");
  }
  if (fs::exists(status) && !fs::is_empty(path_, problem)) {
    throw Error(ErrorKind::usage, "the folder is not empty", path.string(),
                "name a new one by -o, or empty it: nothing is overwritten");
  }
  fs::create_directories(path_.parent_path(), problem);
  if (problem) throw failed("the folder can't be made", path_.parent_path(), problem.value());
  remove_leftovers(path_);
  part_ = path_.parent_path() /
          ("." + path_.filename().string() + ".part-" + std::to_string(::getpid()));
  if (::mkdir(part_.c_str(), 0755) != 0) throw failed("the package can't be written", part_, errno);
}

OutputFolder::~OutputFolder() {
  std::error_code problem;
  if (!finished_) fs::remove_all(part_, problem);
}

void OutputFolder::write(const std::string& name, std::string_view bytes, unsigned mode) {
  const fs::path file = part_ / name;
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
  for (const auto& [folder, mode] : tree.folders()) fs::create_directories(part_ / folder, problem);
  for (const auto& [path, file] : tree.files()) write(path, file.content(), file.mode);
}

void OutputFolder::finish() {
  const int folder = ::open(part_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    ::syncfs(folder);
    ::close(folder);
  }
  // An empty folder of that name is replaced; one that has been filled since is not.
  if (::rename(part_.c_str(), path_.c_str()) != 0) {
    throw failed("the package can't get its name", path_, errno);
  }
  finished_ = true;
}

}  // namespace vitrine
