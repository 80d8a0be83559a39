// Whether a server of this machine is ready, asked as probes of containers ask.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace vitrine {

struct HealthProbe {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9696;
  std::string target = "/readyz";
  bool tls = false;  ///< the certificate is not checked: it is for the outside name
  std::chrono::milliseconds timeout{2000};  ///< for everything
};

/// Empty where the answer was 200, else what was wrong; whatever the server does. Throws
/// Error(usage) for a host that is no address.
std::string probe_health(const HealthProbe& probe);

}  // namespace vitrine
