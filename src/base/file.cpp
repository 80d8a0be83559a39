#include "base/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/part_file.h"

namespace vitrine {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void refuse(const fs::path& path, int error) {
  const std::string where = path.string();
  switch (error) {
    case ENOENT:
      throw Error(ErrorKind::bad_input, "there is no such file", where,
                  "check the path; relative paths start at " + fs::current_path().string());
    case EISDIR:
      throw Error(ErrorKind::bad_input, "this is a folder, not a file", where, "name one file");
    case EACCES:
      throw Error(ErrorKind::bad_input, "there is no permission to read the file", where,
                  "give this user read permission (chmod +r)");
    default:
      throw Error(ErrorKind::bad_input,
                  std::string("the file can't be read: ") + std::strerror(error), where,
                  "check the path and the disk");
  }
}

/// Opens a regular file for reading; returns the descriptor and sets `size` (bytes).
int open_regular(const fs::path& path, std::size_t& size) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) refuse(path, errno);
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    if (S_ISDIR(status.st_mode)) refuse(path, EISDIR);
    throw Error(ErrorKind::bad_input, "this is not a regular file", path.string(),
                "copy it to a file first; standard input is read as '-'");
  }
  size = static_cast<std::size_t>(status.st_size);
  return fd;
}

[[noreturn]] void cannot_write(const fs::path& path, int error) {
  throw Error(ErrorKind::failed, std::string("the file can't be written: ") + std::strerror(error),
              path.string(),
              error == ENOSPC   ? "free some disk space; nothing was changed"
              : error == ENOENT ? "create the folder first; nothing was changed"
                                : "check the folder and its permissions; nothing was changed");
}

void write_all(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      cannot_write(path, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor fd(open_regular(path, size_));
  if (size_ == 0) return;
  void* memory = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (memory == MAP_FAILED) refuse(path, errno);
  ::madvise(memory, size_, MADV_SEQUENTIAL);
  data_ = static_cast<const char*>(memory);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

std::string read_file(const fs::path& path, std::size_t limit, std::string_view what) {
  std::size_t size = 0;
  const Descriptor fd(open_regular(path, size));
  if (size > limit) {
    throw Error(ErrorKind::bad_input,
                std::string(what) + " has " + std::to_string(size) +
                    " bytes, more than the limit of " + std::to_string(limit),
                path.string(), "check that this is the right file");
  }
  std::string bytes;
  bytes.resize_and_overwrite(size, [&](char* to, std::size_t) {  // no zero-fill
    std::size_t at = 0;
    while (at < size) {
      const ssize_t got = ::read(fd.get(), to + at, size - at);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) refuse(path, errno);
      if (got == 0) break;
      at += static_cast<std::size_t>(got);
    }
    return at;
  });
  return bytes;
}

namespace {

void write_atomically(const fs::path& asked, std::span<const std::string_view> pieces,
                      PartFile::Kind kind) {
  std::error_code unknown;
  if (fs::exists(asked, unknown) && !fs::is_regular_file(asked, unknown)) {
    const fs::path& path = asked;
    const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (fd.get() < 0) cannot_write(path, errno);
    for (const std::string_view piece : pieces) write_all(fd.get(), piece, path);
    return;
  }
  const fs::path real =
      fs::is_symlink(asked, unknown) ? fs::weakly_canonical(asked, unknown) : asked;
  const fs::path& path = real.empty() ? asked : real;
  PartFile part(path, kind);
  if (part.descriptor() < 0) cannot_write(path, errno);
  for (const std::string_view piece : pieces) write_all(part.descriptor(), piece, path);
  if (::fsync(part.descriptor()) != 0) cannot_write(path, errno);
  if (!part.rename_to(path)) cannot_write(path, errno);
  const fs::path folder = folder_of(path);
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
}

}  // namespace

void write_file_atomically(const fs::path& path, std::span<const std::string_view> pieces) {
  write_atomically(path, pieces, PartFile::Kind::file);
}

void write_private_file_atomically(const fs::path& path, std::span<const std::string_view> pieces) {
  write_atomically(path, pieces, PartFile::Kind::private_file);
}

void check_writable(const fs::path& path, std::span<const std::string> inputs) {
  for (const std::string& input : inputs) {
    std::error_code unknown;
    if (!fs::is_regular_file(input, unknown) || !fs::equivalent(path, input, unknown)) continue;
    throw Error(ErrorKind::usage, "the output is one of the inputs", path.string(),
                "choose another output file: this one would be overwritten");
  }
  const fs::path folder = folder_of(path);
  std::error_code error;
  if (fs::is_directory(path, error)) cannot_write(path, EISDIR);
  if (!fs::is_directory(folder, error)) cannot_write(path, ENOENT);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) cannot_write(path, errno);
}

std::filesystem::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value != nullptr ? value : "");
  };
  if (!variable("VITRINE_CACHE").empty()) return variable("VITRINE_CACHE");
  if (!variable("XDG_CACHE_HOME").empty()) return variable("XDG_CACHE_HOME") / "vitrine";
  const auto home = variable("HOME");
  return (home.empty() ? std::filesystem::temp_directory_path() : home / ".cache") / "vitrine";
}

std::string sha256_hex(std::span<const std::string_view> pieces) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  std::array<unsigned char, 32> digest{};
  unsigned length = 0;
  bool succeeded = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const std::string_view piece : pieces) {
    succeeded = succeeded && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
  }
  if (!succeeded || EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1) {
    throw Error(ErrorKind::failed, "SHA-256 is not available", "libcrypto",
                "check the OpenSSL installation and its configuration");
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string sha256_hex(std::string_view text) { return sha256_hex(std::span(&text, 1)); }

}  // namespace vitrine
