// Requests of fuzz targets to the API, without sockets.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/api/test_host.h"

namespace vitrine::fuzz {

/// A server's parts around the table model `fruit`; made once.
serve::TestHost& host();

/// Sends one request and waits for the response. Aborts on a response that no client could use: a
/// status outside 100 to 599, or a 500.
void ask(std::string_view target, std::string_view body,
         std::vector<std::pair<std::string_view, std::string_view>> headers, bool grpc = false);

}  // namespace vitrine::fuzz
