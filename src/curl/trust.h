// Whom transfers trust.
#pragma once

#include <curl/curl.h>

#include <cstdlib>

namespace vitrine {

/// $SSL_CERT_FILE, as OpenSSL's own tools read it: libcurl alone looks at its distribution's place,
/// which is another elsewhere.
inline void trust_named_certificates(CURL* curl) {
  const char* file = std::getenv("SSL_CERT_FILE");
  if (file != nullptr && *file != '\0') curl_easy_setopt(curl, CURLOPT_CAINFO, file);
}

}  // namespace vitrine
