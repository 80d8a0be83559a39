// A request and its answer, apart from how bytes reach the server.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/ticket.h"
#include "telemetry/server_metrics.h"

namespace vitrine {

/// Views: whoever calls the API keeps what they look at until it has answered.
struct HttpRequest {
  std::string_view method;  ///< as sent: GET, POST, ...
  std::string_view target;  ///< path and query
  std::string_view body;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  bool admin_socket = false;  ///< came by the Unix socket of the operator
  bool grpc = false;          ///< a gRPC call: the body is its message
  std::shared_ptr<std::atomic<Presence>> client;
  /// When its last byte came to this machine: it may have waited since, for an event loop.
  Time arrived = Clock::now();
  Duration way_back{};  ///< that an answer is expected to take until it is sent
  Time deadline = Time::max();  ///< until when the transport says that the client waits

  /// The first of that name, in any case; empty if there is none.
  std::string_view header(std::string_view name) const;
};

/// What the log says of a request besides its answer.
struct ServedBy {
  std::string request_id;
  std::string trace_id;
  std::string model;  ///< empty: no model was asked
  std::uint64_t version = 0;
  StageTimes times;
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

/// Takes an answer that comes later, on any thread, exactly once.
using Later = std::move_only_function<void(HttpResponse)>;

}  // namespace vitrine
