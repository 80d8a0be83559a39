// A request and its response, independent of the transport.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/models/ticket.h"
#include "telemetry/server_metrics.h"

namespace vitrine::serve {

/// Consists of views: the caller of the API keeps the memory until the request is answered.
struct HttpRequest {
  std::string_view method;  ///< as sent: GET, POST, ...
  std::string_view target;  ///< path and query
  std::string_view body;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  bool admin_socket = false;  ///< received on the admin socket
  bool grpc = false;          ///< a gRPC call: the body is its message
  std::shared_ptr<std::atomic<Presence>> client;
  /// When its last byte reached this machine; it may have waited for an event loop since.
  Time arrived = Clock::now();
  Duration return_latency{};    ///< estimated time from the prediction to the sent response
  Time deadline = Time::max();  ///< the client's deadline, if the transport has one

  /// The first header of that name, ignoring case; empty if there is none.
  std::string_view header(std::string_view name) const;
};

/// What the access log contains about a request besides its response.
struct ServedBy {
  std::string request_id;
  std::string trace_id;
  std::string model;  ///< empty: the request used no model
  std::uint64_t version = 0;
  telemetry::StageTimes times;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers = {};  ///< names: literals
  ServedBy served = {};
  std::string_view cache = "no-store";  ///< Cache-Control; a literal

  HttpResponse& with(std::string_view name, std::string value) {
    headers.emplace_back(name, std::move(value));
    return *this;
  }
};

/// Receives an asynchronous response, on any thread, exactly once.
using CompletionCallback = std::move_only_function<void(HttpResponse)>;

}  // namespace vitrine::serve
