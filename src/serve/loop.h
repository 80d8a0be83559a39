// An event loop and its thread. A connection lives on one loop for good: what it touches needs no
// lock, and its memory is freed where it was taken.
#pragma once

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/recent_peak.h"
#include "serve/scratch.h"

namespace vitrine {

using Executor = boost::asio::io_context::executor_type;
/// TCP and Unix sockets alike.
using StreamSocket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
template <typename T>
using Task = boost::asio::awaitable<T, Executor>;

/// Results with their error codes; nothing is thrown.
inline constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{});

/// Something that must end in time. Looked at ten times a second: setting it costs a store, where a
/// timer of its own would cost more than the answer. On its loop's thread alone.
class Watched : public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Watched() = default;
  void set_deadline(Duration time) {
    timed_out_ = false;
    deadline_ = Clock::now() + time;
  }
  void clear_deadline() {
    timed_out_ = false;
    deadline_ = Time::max();
  }
  bool timed_out() const { return timed_out_; }

  /// Not looked at any more; on its loop's thread, before its end.
  void forget_deadlines() { unlink(); }

 protected:
  /// What it waits for is to be given up.
  virtual void give_up() = 0;

 private:
  friend class Loop;
  Time deadline_ = Time::max();
  bool timed_out_ = false;
};

class Loop {
 public:
  Loop();
  ~Loop();

  boost::asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }

  /// Until finish() and all work is done, or stop().
  void run() { context_.run(); }
  void finish() { work_.reset(); }  ///< thread-safe
  void stop() { context_.stop(); }  ///< thread-safe; work is left undone

  /// From now on, until it is destroyed. On the loop's thread.
  void watch(Watched& one);

  /// Memory for a request; handed back when it was answered. On the loop's thread.
  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  /// Whether to ask the kernel how long a request has waited: one in eight, and each while some
  /// have. Asking costs a system call.
  bool ask_for_wait() { return requests_wait() || ++requests_ % 8 == 0; }
  bool requests_wait() const { return waits_seen_ > 0; }
  void note_wait(bool waited) {
    constexpr int kStayWary = 64;  // requests
    waits_seen_ = waited ? kStayWary : std::max(0, waits_seen_ - 1);
  }

  /// How long an answer that is ready waits for this loop.
  RecentPeak& way_back() { return way_back_; }

  /// Connections that were put here and are not closed, counted by the server.
  std::size_t connections = 0;

 private:
  void sweep();

  static constexpr auto kSweep = std::chrono::milliseconds(100);
  static constexpr std::size_t kMostSpare = 16;

  // They outlive the context, whose end destroys what is left of connections.
  boost::intrusive::list<Watched, boost::intrusive::constant_time_size<false>> watched_;
  std::vector<std::unique_ptr<Scratch>> spare_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Executor> work_;
  Timer timer_;
  bool sweeping_ = false;
  unsigned requests_ = 0;
  int waits_seen_ = 0;
  RecentPeak way_back_;
};

}  // namespace vitrine
