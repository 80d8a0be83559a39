#include "curl/transfers.h"
#include "curl/trust.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "net/public_address.h"

namespace vitrine::curl {
namespace {

Error rejected(const std::string& why, const std::string& url, const std::string& hint) {
  return {ErrorKind::bad_input, why, shown(url, 200), hint, "url"};
}

/// The state that the callbacks share.
struct Transfer {
  const net::FetchPolicy* policy;
  std::string body;
  bool too_large = false;
  bool rejected_address = false;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (transfer.body.size() + size * count > transfer.policy->max_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.body.append(data, size * count);
  return size * count;
}

/// Called with the resolved address before connecting, so that a host whose address changes between
/// check and use (DNS rebinding) is rejected too.
curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  if (!transfer.policy->private_addresses && !net::is_public_address(&address->addr)) {
    transfer.rejected_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

using Url = std::unique_ptr<CURLU, void (*)(CURLU*)>;

/// Parses the URL with curl's own parser, so that the host that is checked is the host that curl
/// connects to.
Url checked(const std::string& text, const net::FetchPolicy& policy) {
  Url url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    throw rejected("the URL can't be read", text, "send a whole http or https URL");
  }
  const auto part = [&](CURLUPart which) {
    char* out = nullptr;
    curl_url_get(url.get(), which, &out, 0);
    const std::unique_ptr<char, void (*)(void*)> held(out, curl_free);
    return lower_ascii(out == nullptr ? "" : out);
  };
  const std::string scheme = part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    throw rejected("'" + shown(scheme) + "' can't be fetched from", text,
                   "send an http or https URL");
  }
  const std::string host = part(CURLUPART_HOST);
  if (!std::ranges::contains(policy.hosts, host)) {
    throw rejected(
        "the server does not fetch from '" + shown(host) + "'", text,
        "send the photo itself, or ask the operator for --allow-url-host " + shown(host));
  }
  return url;
}

/// Sends one request and returns the body; sets `next` to the target of a redirect.
std::string ask(const std::string& text, const net::FetchPolicy& policy, long milliseconds,
                std::string& next) {
  const Url url = checked(text, policy);
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) throw std::bad_alloc();
  Transfer transfer{&policy, {}};
  CURL* c = curl.get();
  curl_easy_setopt(c, CURLOPT_CURLU, url.get());
  curl_easy_setopt(c, CURLOPT_PROXY, "");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  trust_named_certificates(c);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "vitrine");
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, milliseconds);
  curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(policy.max_bytes));
  curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &transfer);
  const CURLcode code = curl_easy_perform(c);
  if (transfer.rejected_address) {
    throw rejected("the host has a private address", text, "send the photo itself");
  }
  if (transfer.too_large || code == CURLE_FILESIZE_EXCEEDED) {
    throw rejected(
        "the file at the URL is larger than " + std::to_string(policy.max_bytes >> 20) + " MiB",
        text, "send a smaller photo");
  }
  if (code != CURLE_OK) {
    throw rejected(std::string("the URL can't be fetched: ") + curl_easy_strerror(code), text,
                   "check the URL, or send the photo itself");
  }
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  const char* target = nullptr;
  curl_easy_getinfo(c, CURLINFO_REDIRECT_URL, &target);
  if (target != nullptr) {
    next = target;
  } else if (status != 200) {
    throw rejected("the URL's server returned " + std::to_string(status), text,
                   "check the URL, or send the photo itself");
  }
  return std::move(transfer.body);
}

}  // namespace

std::string curl_fetch(const std::string& url, const net::FetchPolicy& policy) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(policy.seconds);
  std::string at = url;
  for (int hop = 0; hop <= policy.redirects; ++hop) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    std::string next;
    std::string body = ask(at, policy, std::max<long>(1, left.count()), next);
    if (next.empty()) return body;
    at = next;
  }
  throw rejected("the URL redirects too often", url, "send the photo itself");
}

}  // namespace vitrine::curl
