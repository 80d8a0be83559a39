// A client's connection: reads requests and writes responses, in order.
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "serve/api/api.h"
#include "serve/http/access_log.h"
#include "serve/http/body_budget.h"
#include "serve/http/loop.h"
#include "serve/http/server.h"

namespace vitrine::serve {

/// The parts of the server that all connections share.
struct Shared {
  Shared(const ServeOptions& serve_options, Api& served_api)
      : options(serve_options),
        api(served_api),
        log(serve_options.log),
        bodies(*serve_options.bodies) {}
  const ServeOptions& options;
  Api& api;
  AccessLog log;
  BodyBudget& bodies;
  std::atomic<bool> stopping{false};
};

/// Lives as long as its coroutine. Call it only on its loop's thread.
class Connection : public WithDeadline {
 public:
  /// Serves until either side closes.
  virtual Task<void> serve() = 0;

  /// Responds with 503 (too many connections) and closes.
  virtual Task<void> reject_connection() = 0;

  /// The server is stopping: an idle connection waits 250 ms for a request that may be in transit,
  /// then closes.
  virtual void shorten_deadlines() = 0;
};

/// `client`: its address, for the log. `admin`: the connection uses the admin socket.
std::shared_ptr<Connection> plain_connection(StreamSocket socket, std::string client, bool admin,
                                             Loop& loop, Shared& shared);
std::shared_ptr<Connection> tls_connection(
    StreamSocket socket, std::string client,
    const std::shared_ptr<boost::asio::ssl::context>& context, Loop& loop, Shared& shared);

}  // namespace vitrine::serve
