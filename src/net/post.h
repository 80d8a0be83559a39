// Sends an HTTP POST to a URL that the operator named.
#pragma once

#include <string>
#include <string_view>

namespace vitrine::net {

/// Sends `body`; returns whether the server answered 2xx within `seconds`. Does not follow
/// redirects and ignores the response body. Thread-safe, never throws.
bool net_post(const std::string& url, std::string_view content_type, std::string_view body,
              long seconds);

}  // namespace vitrine::net
