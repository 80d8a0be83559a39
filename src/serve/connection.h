// One client's connection: requests in, answers out, in order.
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "api/api.h"
#include "serve/access_log.h"
#include "serve/body_budget.h"
#include "serve/loop.h"
#include "serve/server.h"

namespace vitrine {

/// What all connections share.
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

/// Lives as long as its coroutine. All calls on its loop's thread.
class Connection : public Watched {
 public:
  /// Serves until either side closes.
  virtual Task<void> serve() = 0;

  /// Answers that there is no room, and closes.
  virtual Task<void> turn_away() = 0;

  /// The server is stopping: a connection that waits for its next request gives
  /// one that is on its way a moment, then closes.
  virtual void hurry() = 0;
};

/// `client`: its address, for the log. `admin`: it came by the operator's own socket.
std::shared_ptr<Connection> plain_connection(StreamSocket socket, std::string client, bool admin,
                                             Loop& loop, Shared& shared);
std::shared_ptr<Connection> tls_connection(StreamSocket socket, std::string client,
                                           std::shared_ptr<boost::asio::ssl::context> context,
                                           Loop& loop, Shared& shared);

}  // namespace vitrine
