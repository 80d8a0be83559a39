// One small file from a host that the operator named, on behalf of a stranger.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vitrine {

struct FetchPolicy {
  std::vector<std::string> hosts;  ///< names that may be asked, in small letters; no wildcards
  std::size_t max_bytes = std::size_t{64} << 20;
  long seconds = 5;                ///< for everything, redirects too
  int redirects = 3;               ///< each to a host of the list
  bool private_addresses = false;  ///< for tests: loopback and the like may be asked
};

/// The body behind an http or https URL. The host is checked by name before, its
/// address after the name was looked up, for every redirect anew; no proxy, no
/// user and password, no other scheme. Thread-safe. Throws Error(bad_input).
std::string fetch(const std::string& url, const FetchPolicy& policy);

}  // namespace vitrine
