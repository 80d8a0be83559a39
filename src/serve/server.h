// The HTTP server.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/api.h"
#include "base/memory.h"
#include "serve/access_log.h"
#include "serve/body_budget.h"
#include "serve/tls.h"

namespace vitrine {

/// A quarter of the memory that there is, at most 192 MiB, and room for one body at least: bodies
/// are a part of what a request takes, beside what they are parsed into.
constexpr std::size_t default_body_memory(std::size_t memory, std::size_t max_body) {
  constexpr std::size_t kMost = std::size_t{192} << 20;
  return std::max(std::min(memory / 4, kMost), max_body);
}

struct ServeOptions {
  std::string host = "127.0.0.1";  ///< an address, not a name
  std::uint16_t port = 9696;       ///< 0: any free one
  /// Another server may listen on the same port: a new one starts beside the old one, and
  /// takes over when the old one is stopped.
  bool reuse_port = false;
  std::string admin_socket;  ///< path of a Unix socket for its owner alone; empty: none
  std::shared_ptr<Tls> tls;  ///< null: plain HTTP
  std::size_t threads = 0;   ///< event loops; 0: one a core
  std::size_t max_body = std::size_t{16} << 20;
  std::size_t max_header = std::size_t{16} << 10;
  /// For bodies in flight; over it requests are answered 503 before their body is read.
  std::shared_ptr<BodyBudget> bodies =
      std::make_shared<BodyBudget>(default_body_memory(memory_limit(), max_body));
  /// More connections than this are answered 503 and closed.
  std::size_t max_connections = 20'000;
  std::chrono::seconds idle_timeout{75};    ///< between two requests
  std::chrono::seconds header_timeout{10};  ///< for the whole header, and a TLS handshake
  std::chrono::seconds body_timeout{30};    ///< for the whole body
  std::chrono::seconds write_timeout{30};   ///< for the whole answer
  /// After a stop, as long as balancers take to see that /readyz says 503: all is answered until
  /// then.
  std::chrono::seconds stop_delay{0};
  std::chrono::seconds drain{30};  ///< for accepted work after that
  LogFormat log = LogFormat::text;
  std::function<void()> on_hangup;  ///< at SIGHUP, on an event loop
  std::function<void()> on_stop;  ///< when no new connections are taken any more, on an event loop
};

/// HTTP/1.1 and 1.0 over TCP, TLS and Unix sockets; keep-alive and pipelining (answers in
/// order). With systemd's socket activation it listens on what it was given.
class Server {
 public:
  /// Binds and listens. Throws Error(failed): port taken, no such address.
  Server(const ServeOptions& options, Api& api);
  ~Server();

  std::uint16_t port() const;  ///< the one that was bound; 0: inherited Unix sockets alone
  bool inherited() const;      ///< the sockets came from systemd

  /// Serves until stop() or SIGTERM / SIGINT: readiness goes false, after `stop_delay` no new
  /// connections are taken, what was accepted is answered (at most `drain`).
  /// A second signal ends at once. True if all accepted work was finished.
  bool run();

  /// Thread-safe; as the first signal.
  void stop();

  /// Counts and logs a request that came by other ways than this server. Thread-safe.
  void note(const AccessRecord& record);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine
