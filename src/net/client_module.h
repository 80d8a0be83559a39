// The HTTP client. libcurl and the 26 libraries that it brings (6 MB, and time at every start) are
// in a module, lib/vitrine/libvitrine-curl.so, that is loaded for the first transfer.
#pragma once

#include <string>

#include "base/version.h"
#include "net/download.h"
#include "net/fetch.h"

namespace vitrine {

/// Loads the module now, as a server does before its sandbox closes. Throws Error(failed) where it
/// is not there, or of another build.
void load_http_client();

/// The version and the sizes of what passes between program and module.
inline std::string curl_build() {
  return std::string(kVersion) + "/" + std::to_string(sizeof(Download)) + "/" +
         std::to_string(sizeof(FetchPolicy));
}

}  // namespace vitrine
