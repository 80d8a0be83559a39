// The HTTP server.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/default_port.h"
#include "base/memory.h"
#include "serve/api/api.h"
#include "serve/http/access_log.h"
#include "serve/http/body_budget.h"
#include "serve/http/tls.h"

namespace vitrine::serve {

/// Default memory budget for bodies in bytes: a quarter of `memory`, at most 192 MiB, at least
/// `max_body`. A request also needs memory for what its body is parsed into.
constexpr std::size_t default_body_memory(std::size_t memory, std::size_t max_body) {
  constexpr std::size_t kMost = std::size_t{192} << 20;
  return std::max(std::min(memory / 4, kMost), max_body);
}

struct ServeOptions {
  std::string host = "127.0.0.1";     ///< an address, not a name
  std::uint16_t port = kDefaultPort;  ///< 0: any free port
  /// Another server may listen on the same port: a new server starts beside the old one and takes
  /// over when the old one is stopped.
  bool reuse_port = false;
  std::string admin_socket;  ///< path of a Unix socket that only its owner can use; empty: none
  std::shared_ptr<Tls> tls;  ///< null: plain HTTP
  std::size_t threads = 0;   ///< number of event loops; 0: one per core
  std::size_t max_body = std::size_t{16} << 20;    ///< bytes
  std::size_t max_header = std::size_t{16} << 10;  ///< bytes
  /// Memory for the bodies of current requests; beyond it a request gets 503 before its body is
  /// read.
  std::shared_ptr<BodyBudget> bodies =
      std::make_shared<BodyBudget>(default_body_memory(memory_limit(), max_body));
  /// Further connections get 503 and are closed.
  std::size_t max_connections = 20'000;
  std::chrono::seconds idle_timeout{75};    ///< between two requests
  std::chrono::seconds header_timeout{10};  ///< for the whole header, and a TLS handshake
  std::chrono::seconds body_timeout{30};    ///< for the whole body
  std::chrono::seconds write_timeout{30};   ///< for the whole response
  /// After a stop signal the server continues to accept requests for this time while /readyz
  /// returns 503, so that load balancers notice.
  std::chrono::seconds stop_delay{0};
  std::chrono::seconds drain{30};  ///< after that: time to finish accepted requests
  LogFormat log = LogFormat::text;
  std::function<void()> on_hangup;  ///< called at SIGHUP, on an event loop
  std::function<void()> on_stop;    ///< called when the server stops accepting, on an event loop
};

/// HTTP/1.1 and 1.0 (RFC 9112) over TCP, TLS and Unix sockets, with keep-alive and pipelining
/// (responses in order). With systemd's socket activation it uses the inherited sockets.
class Server {
 public:
  /// Binds and listens. Throws Error(failed): port taken, no such address.
  Server(const ServeOptions& options, Api& api);
  ~Server();

  std::uint16_t port() const;  ///< the bound port; 0: only inherited Unix sockets
  bool inherited() const;      ///< the sockets come from systemd

  /// Serves until stop(), SIGTERM or SIGINT. Then /readyz returns 503; after `stop_delay` no new
  /// connections are accepted, and accepted requests are answered for at most `drain`. A second
  /// signal ends the process at once. Returns whether all accepted requests were answered.
  bool run();

  /// Begins to stop, as a first signal does. Thread-safe.
  void stop();

  /// Counts and logs a request that another server (gRPC) handled. Thread-safe.
  void note(const AccessRecord& record);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::serve
