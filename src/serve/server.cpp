#include "serve/server.h"

#include <sys/resource.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "serve/connection.h"

namespace vitrine {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

/// As many open files as the system lets us have: one a connection.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

tcp::acceptor listen_on(asio::io_context& loop, const ServeOptions& options) {
  error_code code;
  const auto address = asio::ip::make_address(options.host, code);
  const std::string where = options.host + ":" + std::to_string(options.port);
  if (code) {
    throw Error(ErrorKind::usage, "'" + shown(options.host) + "' is no address", "--host",
                "give an IPv4 or IPv6 address, such as 127.0.0.1 or 0.0.0.0");
  }
  const tcp::endpoint endpoint(address, options.port);
  tcp::acceptor acceptor(loop);
  acceptor.open(endpoint.protocol(), code);
  if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor.bind(endpoint, code);
  if (!code) acceptor.listen(4096, code);
  if (code == asio::error::address_in_use) {
    throw Error(ErrorKind::failed, "the port is taken", where,
                "stop the program that has it, or choose another by --port (0 finds a free one)");
  }
  if (code) {
    throw Error(ErrorKind::failed, "can't listen: " + code.message(), where,
                "check --host and --port; ports below 1024 need rights of their own");
  }
  return acceptor;
}

}  // namespace

class Server::State {
 public:
  State(const ServeOptions& options, Api& api)
      : options_(options),
        api_(api),
        shared_(options_, api),
        acceptor_(listen_on(loop_, options)),
        signals_(loop_, SIGTERM, SIGINT),
        drain_timer_(loop_) {
    raise_file_limit();
  }

  std::uint16_t port() const { return port_; }

  bool run() {
    wait_for_signal();
    asio::co_spawn(strand_, accept(), asio::detached);
    const std::size_t threads = options_.threads > 0 ? options_.threads : core_count();
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back([this] { loop_.run(); });
    loop_.run();
    others.clear();
    return !cut_off_;
  }

  void stop() {
    asio::post(strand_, [this] { begin_to_stop(); });
  }

 private:
  void wait_for_signal() {
    signals_.async_wait([this](error_code code, int) {
      if (code) return;
      if (shared_.stopping) std::_Exit(1);  // the second one: at once
      wait_for_signal();  // before stop(), which may cancel it on another thread at once
      stop();
    });
  }

  asio::awaitable<void> accept() {
    while (!shared_.stopping) {
      auto [code, socket] = co_await acceptor_.async_accept(asio::make_strand(loop_), kNoThrow);
      if (!code) {
        admit(std::move(socket));
      } else if (code != asio::error::operation_aborted) {
        // Out of files, most likely: let some connections end.
        asio::steady_timer pause(strand_, std::chrono::milliseconds(50));
        co_await pause.async_wait(kNoThrow);
      }
    }
  }

  /// On the strand of the acceptor, as all that touches connections_.
  void admit(tcp::socket socket) {
    const auto executor = socket.get_executor();
    auto connection = std::make_shared<Connection>(std::move(socket), shared_);
    const bool room = connections_.size() < options_.max_connections;
    const auto place = connections_.insert(connections_.end(), {connection, executor});
    asio::co_spawn(
        executor,
        [connection, room] { return room ? connection->serve() : connection->turn_away(); },
        [this, place, connection](const std::exception_ptr&) {
          asio::post(strand_, [this, place] {
            connections_.erase(place);
            end_if_done();
          });
        });
  }

  void begin_to_stop() {
    if (shared_.stopping) return;
    api_.start_draining();
    shared_.stopping = true;
    // Clients whose connection the kernel has taken already count as accepted.
    error_code code;
    acceptor_.non_blocking(true, code);
    acceptor_.cancel(code);
    for (;;) {
      tcp::socket socket = acceptor_.accept(asio::make_strand(loop_), code);
      if (code) break;
      admit(std::move(socket));
    }
    acceptor_.close(code);
    for (const auto& entry : connections_) {
      asio::post(entry.executor, [connection = entry.connection] { connection->hurry(); });
    }
    drain_timer_.expires_after(options_.drain);
    drain_timer_.async_wait([this](error_code timer_code) {
      if (timer_code) return;
      cut_off_ = true;
      loop_.stop();
    });
    end_if_done();
  }

  void end_if_done() {
    if (!shared_.stopping || !connections_.empty()) return;
    drain_timer_.cancel();
    error_code ignored;
    signals_.cancel(ignored);
  }

  struct Entry {
    std::shared_ptr<Connection> connection;
    tcp::socket::executor_type executor;
  };

  ServeOptions options_;
  Api& api_;
  Shared shared_;
  asio::io_context loop_;
  asio::strand<asio::io_context::executor_type> strand_ = asio::make_strand(loop_);
  tcp::acceptor acceptor_;
  std::uint16_t port_ = acceptor_.local_endpoint().port();
  asio::signal_set signals_;
  asio::steady_timer drain_timer_;
  std::list<Entry> connections_;
  std::atomic<bool> cut_off_{false};
};

Server::Server(const ServeOptions& options, Api& api)
    : state_(std::make_unique<State>(options, api)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return state_->port(); }
bool Server::run() { return state_->run(); }
void Server::stop() { state_->stop(); }

}  // namespace vitrine
