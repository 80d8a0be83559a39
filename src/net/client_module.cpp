#include "net/client_module.h"

#include "base/error.h"
#include "base/module.h"
#include "net/post.h"

namespace vitrine {
namespace {

const Module& client() {
  static const Module loaded("curl", "the part that fetches over HTTP", curl_build());
  return loaded;
}

}  // namespace

void load_http_client() { client(); }

void download(const Download& what) {
  client().function<void(const Download&)>("vitrine_curl_download")(what);
}

std::string fetch(const std::string& url, const FetchPolicy& policy) {
  using Door = std::string(const std::string&, const FetchPolicy&);
  return client().function<Door>("vitrine_curl_fetch")(url, policy);
}

bool net_post(const std::string& url, std::string_view content_type, std::string_view body,
              long seconds) {
  using Door = bool(const std::string&, std::string_view, std::string_view, long);
  try {
    return client().function<Door>("vitrine_curl_post")(url, content_type, body, seconds);
  } catch (const Error&) {  // no module
    return false;
  }
}

}  // namespace vitrine
