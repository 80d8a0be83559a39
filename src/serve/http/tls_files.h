// Paths of TLS certificates and keys.
#pragma once

#include <filesystem>

namespace vitrine::serve {

struct TlsFiles {
  std::filesystem::path certificate;  ///< PEM: the certificate, followed by its chain
  std::filesystem::path key;          ///< PEM
  std::filesystem::path client_ca;    ///< PEM; if set, clients need a certificate of this authority
};

}  // namespace vitrine::serve
