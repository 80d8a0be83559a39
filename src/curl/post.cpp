#include "curl/transfers.h"
#include "curl/trust.h"

#include <curl/curl.h>

#include <memory>

namespace vitrine::curl {
namespace {

std::size_t ignore(const char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

bool curl_post(const std::string& url, std::string_view content_type, std::string_view body,
               long seconds) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (!curl) return false;
  const std::string type = "Content-Type: " + std::string(content_type);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, type.c_str()), curl_slist_free_all);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, seconds);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  trust_named_certificates(curl.get());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, ignore);
  long code = 0;
  if (curl_easy_perform(curl.get()) != CURLE_OK) return false;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &code);
  return code / 100 == 2;
}

}  // namespace vitrine::curl
