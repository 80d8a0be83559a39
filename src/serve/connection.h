// One client's connection: requests in, answers out, in order.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>

#include "serve/server.h"

namespace vitrine {

/// What all connections share.
struct Shared {
  Shared(const ServeOptions& serve_options, const Api& serve_api)
      : options(serve_options), api(serve_api), log(serve_options.log) {}
  const ServeOptions& options;
  const Api& api;
  AccessLog log;
  std::atomic<bool> stopping{false};
};

/// Lives as long as its coroutine. All calls on the connection's own strand.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, Shared& shared);

  /// Serves until either side closes.
  boost::asio::awaitable<void> serve();

  /// Answers that there is no room, and closes.
  boost::asio::awaitable<void> turn_away();

  /// The server is stopping: a connection that waits for its next request gives
  /// one that is on its way a moment, then closes.
  void hurry();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void set_deadline(std::chrono::steady_clock::duration time);
  void drop_line_ends();
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<bool> wait_for_request();
  std::optional<HttpResponse> answer_to_fault(boost::system::error_code code, bool header) const;
  boost::asio::awaitable<bool> respond(HttpResponse response, bool keep_alive);
  boost::asio::awaitable<void> close_gently();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::uint64_t deadline_id_ = 0;  ///< the one in force; older ones are void
  bool timed_out_ = false;
  Shared& shared_;
  boost::beast::flat_buffer buffer_;
  std::string client_;
  bool idle_ = false;

  // Of the request in hand, for the answer and the log.
  std::string method_;
  std::string target_;
  unsigned version_ = 11;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace vitrine
