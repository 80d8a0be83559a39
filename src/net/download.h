// Files from the network, whole and verified or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace vitrine {

struct Download {
  std::string url;  ///< http or https
  std::filesystem::path path;
  std::string sha256;  ///< of the whole file, 64 hexadecimal digits
  std::uint64_t bytes = 0;
  /// Called now and then with the bytes that are there.
  std::function<void(std::uint64_t there)> progress;
};

/// Fetches into `path`.part, goes on from there where an earlier call was cut off
/// (and starts anew where the server can't), tries three times, follows redirects,
/// never from https to http. Only a file of the right size and SHA-256 gets the
/// name `path`; a wrong one is removed. Proxies as curl takes them from the
/// environment. Throws Error(failed).
void download(const Download& what);

}  // namespace vitrine
