#include "net/client_module.h"

#include "base/error.h"
#include "base/module.h"
#include "net/post.h"

namespace vitrine::net {
namespace {

const ClientEntryPoints& client() {
  static const auto& found = load_module<ClientEntryPoints>("curl", "the HTTP client");
  return found;
}

}  // namespace

void load_http_client() { client(); }

void download(const Download& what) { client().download(what); }

std::string fetch(const std::string& url, const FetchPolicy& policy) {
  return client().fetch(url, policy);
}

bool net_post(const std::string& url, std::string_view content_type, std::string_view body,
              long seconds) {
  try {
    return client().post(url, content_type, body, seconds);
  } catch (const Error&) {  // the module can't be loaded
    return false;
  }
}

}  // namespace vitrine::net
