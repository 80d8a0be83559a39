// Loads the HTTP client. libcurl and the 26 libraries that it depends on (6 MB, and time at every
// start) are linked to a module, lib/vitrine/libvitrine-curl.so, that is loaded at the first
// transfer.
#pragma once

#include <string>
#include <string_view>

#include "net/download.h"
#include "net/fetch.h"

namespace vitrine::net {

/// Loads the module now: a server does so before it enters its sandbox. Throws Error(failed) if the
/// module is missing or belongs to another build. Thread-safe.
void load_http_client();

/// The functions of the module: see net/download.h, net/fetch.h and net/post.h.
struct ClientEntryPoints {
  void (*download)(const Download& what);
  std::string (*fetch)(const std::string& url, const FetchPolicy& policy);
  bool (*post)(const std::string& url, std::string_view content_type, std::string_view body,
               long seconds);
};

}  // namespace vitrine::net
