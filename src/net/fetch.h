// Fetches a URL that an untrusted client of the server named, from hosts that the operator allows.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vitrine::net {

struct FetchPolicy {
  std::vector<std::string> hosts;  ///< allowed hosts, in lower case; no wildcards
  std::size_t max_bytes = std::size_t{64} << 20;
  long seconds = 5;                ///< time limit of the call, redirects included
  int redirects = 3;               ///< each to an allowed host
  bool private_addresses = false;  ///< for tests: allow loopback and private addresses
};

/// Returns the body of an http or https URL. Checks the host's name before and its address after
/// the name is resolved, again for each redirect. No proxy, no user and password in the URL, no
/// other scheme. Thread-safe. Throws Error(bad_input).
std::string fetch(const std::string& url, const FetchPolicy& policy);

}  // namespace vitrine::net
