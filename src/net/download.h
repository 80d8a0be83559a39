// Downloads a file and verifies it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace vitrine::net {

struct Download {
  std::string url;             ///< http or https
  std::filesystem::path path;  ///< the missing folders are created
  std::string sha256;          ///< of the whole file, 64 hexadecimal digits
  std::uint64_t bytes = 0;     ///< of the whole file
  /// Called from time to time, in the calling thread, with the number of bytes there so far.
  std::function<void(std::uint64_t there)> progress;
};

/// Downloads to `path`.part and renames it to `path` once its size and SHA-256 are right; a file
/// with another SHA-256 is removed. Resumes an interrupted download (from the start where the
/// server can't resume), tries three times, follows redirects but not from https to http. Uses the
/// proxy of the environment, as curl does. Throws Error(failed).
void download(const Download& what);

}  // namespace vitrine::net
