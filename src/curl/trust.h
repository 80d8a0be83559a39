// The CA certificates that transfers trust.
#pragma once

#include <curl/curl.h>

#include <cstdlib>

namespace vitrine::curl {

/// Uses $SSL_CERT_FILE, as OpenSSL does. libcurl by itself only reads the path of the distribution
/// that it was built for, and other distributions keep their certificates elsewhere.
inline void trust_named_certificates(CURL* curl) {
  const char* file = std::getenv("SSL_CERT_FILE");
  if (file != nullptr && *file != '\0') curl_easy_setopt(curl, CURLOPT_CAINFO, file);
}

}  // namespace vitrine::curl
