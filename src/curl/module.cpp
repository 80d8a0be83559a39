// The module's entry point.
#include <curl/curl.h>

#include "base/build_id.h"
#include "base/module.h"
#include "curl/transfers.h"
#include "net/client_module.h"

namespace {

/// Before the first transfer, once.
[[maybe_unused]] const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);

}  // namespace

extern "C" const vitrine::ModuleExports* vitrine_module() {
  using namespace vitrine::curl;
  static const vitrine::net::ClientEntryPoints entry_points{
      .download = curl_download, .fetch = curl_fetch, .post = curl_post};
  static const vitrine::ModuleExports exports{vitrine::kBuildId, &entry_points};
  return &exports;
}
