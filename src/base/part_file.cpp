#include "base/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <string>

namespace vitrine {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

namespace {

std::string prefix_of(const fs::path& path) {
  // File names have at most 255 bytes.
  return "." + path.filename().string().substr(0, 220) + ".part-";
}

void remove_leftovers(const fs::path& path) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_of(path), ignored)) {
    if (!entry.path().filename().string().starts_with(prefix_of(path))) continue;
    const bool folder = entry.is_directory(ignored);
    const int one = ::open(entry.path().c_str(),
                           (folder ? O_RDONLY | O_DIRECTORY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
    if (one < 0) continue;
    if (::flock(one, LOCK_EX | LOCK_NB) == 0) fs::remove_all(entry.path(), ignored);
    ::close(one);
  }
}

}  // namespace

PartFile::PartFile(const fs::path& path, Kind kind) {
  remove_leftovers(path);
  std::random_device random;
  do {
    char name[20];
    std::snprintf(name, sizeof name, "%08x%08x", random(), random());
    part_ = folder_of(path) / (prefix_of(path) + name);
  } while (!make(kind));
}

/// Returns false to try another name: this one exists, or another process removed the file as a
/// leftover before it was locked.
bool PartFile::make(Kind kind) {
  if (kind == Kind::folder) {
    if (::mkdir(part_.c_str(), 0777) != 0) return errno != EEXIST;
    descriptor_ = ::open(part_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  } else {
    descriptor_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         kind == Kind::private_file ? 0600 : 0644);
    if (descriptor_ < 0) return errno != EEXIST;
  }
  if (descriptor_ < 0) return errno != ENOENT;
  // On file systems without locks nothing is removed. If another process holds the lock, it is
  // about to remove this file as a leftover.
  const bool taken = ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  struct stat now{}, named{};
  if (!taken && ::fstat(descriptor_, &now) == 0 && ::stat(part_.c_str(), &named) == 0 &&
      now.st_ino == named.st_ino) {
    return true;
  }
  ::close(descriptor_);
  descriptor_ = -1;
  return false;
}

PartFile::~PartFile() {
  const int before = errno;
  std::error_code ignored;
  if (!part_.empty()) fs::remove_all(part_, ignored);
  if (descriptor_ >= 0) ::close(descriptor_);
  errno = before;
}

bool PartFile::rename_to(const fs::path& path) {
  if (::rename(part_.c_str(), path.c_str()) != 0) return false;
  part_.clear();
  return true;
}

}  // namespace vitrine
