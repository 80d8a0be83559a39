// One client's connection: requests in, answers out, in order.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "api/api.h"
#include "serve/access_log.h"
#include "serve/server.h"

namespace vitrine {

/// TCP and Unix sockets alike.
using StreamSocket = boost::asio::generic::stream_protocol::socket;

/// What all connections share.
struct Shared {
  Shared(const ServeOptions& serve_options, Api& served_api)
      : options(serve_options), api(served_api), log(serve_options.log) {}
  const ServeOptions& options;
  Api& api;
  AccessLog log;
  std::atomic<bool> stopping{false};
};

/// Lives as long as its coroutine. All calls on the socket's own strand.
class Connection {
 public:
  virtual ~Connection() = default;

  /// Serves until either side closes.
  virtual boost::asio::awaitable<void> serve() = 0;

  /// Answers that there is no room, and closes.
  virtual boost::asio::awaitable<void> turn_away() = 0;

  /// The server is stopping: a connection that waits for its next request gives
  /// one that is on its way a moment, then closes.
  virtual void hurry() = 0;
};

/// `client`: its address, for the log. `admin`: it came by the operator's own socket.
std::shared_ptr<Connection> plain_connection(StreamSocket socket, std::string client, bool admin,
                                             Shared& shared);
std::shared_ptr<Connection> tls_connection(StreamSocket socket, std::string client,
                                           std::shared_ptr<boost::asio::ssl::context> context,
                                           Shared& shared);

}  // namespace vitrine
