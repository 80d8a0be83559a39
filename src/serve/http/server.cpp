#include "serve/http/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <list>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "serve/http/connection.h"
#include "serve/http/listener.h"
#include "serve/http/notify.h"

namespace vitrine::serve {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

using SignalSet = asio::basic_signal_set<Executor>;

/// Raises the limit of open files to the maximum: each connection needs one.
void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

/// The first loop also accepts connections. The list of connections is used only on its thread.
class Server::State {
 public:
  State(const ServeOptions& options, Api& api)
      : options_(options),
        api_(api),
        shared_(options_, api),
        loops_(options.threads > 0 ? options.threads : core_count()),
        listeners_(open_listeners(loops_[0], options)),
        signals_(loops_[0].executor(), SIGTERM, SIGINT),
        hangups_(loops_[0].executor(), SIGHUP),
        drain_timer_(loops_[0].executor()) {
    raise_file_limit();
  }

  std::uint16_t port() const { return listeners_[0].port; }
  bool inherited() const { return listeners_[0].inherited; }

  bool run() {
    wait_for_signal();
    wait_for_hangup();
    for (Listener& listener : listeners_) {
      asio::co_spawn(loops_[0].executor(), accept(listener), asio::detached);
    }
    notify_systemd("READY=1");
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < loops_.size(); ++i) {
      others.emplace_back([loop = &loops_[i]] { loop->run(); });
    }
    loops_[0].run();
    others.clear();
    if (cut_off_) api_.stop_work();  // no callback may use connections after their loops
    for (const Listener& listener : listeners_) {
      if (!listener.path.empty()) ::unlink(listener.path.c_str());
    }
    return !cut_off_;
  }

  void note(const AccessRecord& record) {
    api_.metrics().answered(record.status);
    shared_.log.write(record);
  }

  void stop() {
    asio::post(loops_[0].executor(), [this] { begin_to_stop(); });
  }

 private:
  void wait_for_signal() {
    signals_.async_wait([this](error_code code, int) {
      if (code) return;
      if (begun_.exchange(true)) std::_Exit(1);  // a second signal
      wait_for_signal();                         // before stop(), which may cancel it
      stop();
    });
  }

  void wait_for_hangup() {
    hangups_.async_wait([this](error_code code, int) {
      if (code) return;
      if (options_.on_hangup) options_.on_hangup();
      wait_for_hangup();
    });
  }

  /// The loop with the fewest connections.
  Loop& next_loop() { return *std::ranges::min_element(loops_, {}, &Loop::connections); }

  Task<void> accept(Listener& listener) {
    while (!shared_.stopping) {
      asio::generic::stream_protocol::endpoint peer;
      Loop& loop = next_loop();
      auto [code, socket] =
          co_await listener.acceptor.async_accept(loop.executor(), peer, kNoThrow);
      if (!code) {
        try {
          admit(std::move(socket), peer, listener, loop);
        } catch (const std::exception&) {  // out of memory for this connection
          shared_.api.metrics().rejected("connections");
        }
      } else if (code != asio::error::operation_aborted) {
        // Probably too many open files: wait until some connections are closed.
        Timer pause(loops_[0].executor(), std::chrono::milliseconds(50));
        co_await pause.async_wait(kNoThrow);
      }
    }
  }

  void admit(StreamSocket socket, const asio::generic::stream_protocol::endpoint& peer,
             const Listener& listener, Loop& loop) {
    error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    const bool secure = options_.tls && !listener.admin;
    auto connection =
        secure ? tls_connection(std::move(socket), name_of(peer), options_.tls->context(), loop,
                                shared_)
               : plain_connection(std::move(socket), name_of(peer), listener.admin, loop, shared_);
    const bool room = connections_.size() < options_.max_connections;
    ++loop.connections;
    const auto place = connections_.insert(connections_.end(), {connection, &loop});
    // From here on only the coroutine owns the connection: it must be destroyed on its loop's
    // thread.
    asio::co_spawn(
        loop.executor(),
        [connection = std::move(connection), room] {
          return room ? connection->serve() : connection->reject_connection();
        },
        [this, place](const std::exception_ptr&) {
          asio::post(loops_[0].executor(), [this, place] {
            --place->loop->connections;
            connections_.erase(place);
            end_if_done();
          });
        });
  }

  void begin_to_stop() {
    if (stopped_) return;
    stopped_ = true;
    notify_systemd("STOPPING=1");
    api_.start_draining();
    if (options_.stop_delay.count() == 0) return stop_accepting();
    drain_timer_.expires_after(options_.stop_delay);
    drain_timer_.async_wait([this](error_code code) {
      if (!code) stop_accepting();
    });
  }

  void stop_accepting() {
    if (options_.on_stop) options_.on_stop();
    if (!options_.reuse_port || listeners_[0].inherited) return close_listeners();
    // From now on another server gets new connections. Those whose TCP handshake has begun still
    // arrive here.
    hand_over(listeners_[0]);
    drain_timer_.expires_after(kHandshakes);
    drain_timer_.async_wait([this](error_code code) {
      if (!code) close_listeners();
    });
  }

  void close_listeners() {
    shared_.stopping = true;
    error_code code;
    for (Listener& listener : listeners_) {
      listener.acceptor.non_blocking(true, code);
      listener.acceptor.cancel(code);
      // Connections that the kernel has already accepted are served, unless another process
      // accepts them from the same socket.
      while (!listener.inherited) {
        asio::generic::stream_protocol::endpoint peer;
        Loop& loop = next_loop();
        StreamSocket socket(loop.executor());
        listener.acceptor.accept(socket, peer, code);
        if (code) break;
        admit(std::move(socket), peer, listener, loop);
      }
      listener.acceptor.close(code);
    }
    for (const Entry& entry : connections_) {
      asio::post(entry.loop->executor(), [weak = entry.weak] {
        if (const auto connection = weak.lock()) connection->shorten_deadlines();
      });
    }
    drain_timer_.expires_after(options_.drain);
    drain_timer_.async_wait([this](error_code timer_code) {
      if (timer_code) return;
      cut_off_ = true;
      for (Loop& loop : loops_) loop.stop();
    });
    end_if_done();
  }

  void end_if_done() {
    if (!shared_.stopping || !connections_.empty()) return;
    drain_timer_.cancel();
    error_code ignored;
    signals_.cancel(ignored);
    hangups_.cancel(ignored);
    for (Loop& loop : loops_) loop.finish();
  }

  /// Time for TCP handshakes that began before hand_over().
  static constexpr auto kHandshakes = std::chrono::milliseconds(200);

  struct Entry {
    std::weak_ptr<Connection> weak;
    Loop* loop;
  };

  ServeOptions options_;
  Api& api_;
  Shared shared_;
  std::deque<Loop> loops_;  // before all that lives on them
  std::vector<Listener> listeners_;
  SignalSet signals_;
  SignalSet hangups_;
  Timer drain_timer_;
  std::list<Entry> connections_;
  std::atomic<bool> begun_{false};  ///< a signal to stop was seen
  bool stopped_ = false;            ///< touched on the first loop alone
  std::atomic<bool> cut_off_{false};
};

Server::Server(const ServeOptions& options, Api& api)
    : state_(std::make_unique<State>(options, api)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return state_->port(); }
bool Server::inherited() const { return state_->inherited(); }
bool Server::run() { return state_->run(); }
void Server::stop() { state_->stop(); }
void Server::note(const AccessRecord& record) { state_->note(record); }

}  // namespace vitrine::serve
