// A health check of a server by HTTP, as probes of containers do it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/default_port.h"

namespace vitrine::serve {

struct HealthProbe {
  std::string host = "127.0.0.1";
  std::uint16_t port = kDefaultPort;
  std::string target = "/readyz";
  bool tls = false;  ///< HTTPS; the certificate is not verified, since it is for the public name
  std::chrono::milliseconds timeout{2000};  ///< for the whole check
};

/// Returns an empty text if the server responded with 200, else a description of the problem.
/// Throws Error(usage) if the host is not an address.
std::string probe_health(const HealthProbe& probe);

}  // namespace vitrine::serve
