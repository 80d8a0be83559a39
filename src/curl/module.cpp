// The module's only door.
#include <curl/curl.h>

#include "curl/transfers.h"
#include "net/client_module.h"

namespace {

/// Before the first transfer, once.
[[maybe_unused]] const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);

}  // namespace

extern "C" {

const char* vitrine_curl_build() {
  static const std::string build = vitrine::curl_build();
  return build.c_str();
}

void vitrine_curl_download(const vitrine::Download& what) { vitrine::curl_download(what); }

std::string vitrine_curl_fetch(const std::string& url, const vitrine::FetchPolicy& policy) {
  return vitrine::curl_fetch(url, policy);
}

bool vitrine_curl_post(const std::string& url, std::string_view content_type, std::string_view body,
                       long seconds) {
  return vitrine::curl_post(url, content_type, body, seconds);
}
}
