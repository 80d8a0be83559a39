// Where certificates lie.
#pragma once

#include <filesystem>

namespace vitrine {

struct TlsFiles {
  std::filesystem::path certificate;  ///< PEM, with the chain behind it
  std::filesystem::path key;          ///< PEM
  std::filesystem::path client_ca;    ///< PEM; not empty: clients must show a certificate of it
};

}  // namespace vitrine
