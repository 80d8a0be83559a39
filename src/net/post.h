// One HTTP POST to a place that the operator named.
#pragma once

#include <string>
#include <string_view>

namespace vitrine {

/// Sends `body`; true if it was answered 2xx within `seconds`. Follows no redirect, reads at
/// most a little of the answer. Thread-safe, never throws.
bool net_post(const std::string& url, std::string_view content_type, std::string_view body,
              long seconds);

}  // namespace vitrine
