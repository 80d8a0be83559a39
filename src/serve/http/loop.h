// An event loop, run by one thread. A connection stays on one loop, so its state needs no lock and
// its memory is allocated and freed on the same thread.
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
#include "serve/http/scratch.h"

namespace vitrine::serve {

using Executor = boost::asio::io_context::executor_type;
/// A TCP or Unix socket.
using StreamSocket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, Executor>;
using Timer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor>;
template <typename T>
using Task = boost::asio::awaitable<T, Executor>;

/// A completion token: operations return error codes with their results and never throw.
inline constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{});

/// An object with a deadline. The loop checks all deadlines ten times a second, so setting one
/// costs only a store; a timer per operation would cost more than a small prediction. Use it only
/// on its loop's thread.
class WithDeadline : public boost::intrusive::list_base_hook<
                         boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~WithDeadline() = default;
  void set_deadline(Duration time) {
    timed_out_ = false;
    deadline_ = Clock::now() + time;
  }
  void clear_deadline() {
    timed_out_ = false;
    deadline_ = Time::max();
  }
  bool timed_out() const { return timed_out_; }

  /// Ends Loop::watch(). Call it before the object is destroyed.
  void forget_deadlines() { unlink(); }

 protected:
  /// The deadline has passed: cancel the current operation. Called again at each check until the
  /// deadline is changed.
  virtual void on_timeout() = 0;

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

  /// Runs until finish() was called and all work is done, or until stop().
  void run() { context_.run(); }
  void finish() { work_.reset(); }  ///< thread-safe
  void stop() { context_.stop(); }  ///< thread-safe; pending work is abandoned

  /// Checks the deadline of `one` until forget_deadlines(). On the loop's thread.
  void watch(WithDeadline& one);

  /// Reusable memory for a request; give it back after the response. On the loop's thread.
  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  /// Whether to ask the kernel how long a request has waited, which costs a system call: for one
  /// request in eight, and for all requests while recent ones have waited.
  bool should_measure_wait() { return requests_wait() || ++requests_ % 8 == 0; }
  bool requests_wait() const { return waits_seen_ > 0; }
  void note_wait(bool waited) {
    constexpr int kStayWary = 64;  // requests
    waits_seen_ = waited ? kStayWary : std::max(0, waits_seen_ - 1);
  }

  /// Recent peak of the time that a finished response waits for this loop.
  RecentPeak& return_latency() { return return_latency_; }

  /// Number of open connections of this loop, maintained by the server on its first loop.
  std::size_t connections = 0;

 private:
  void sweep();

  static constexpr auto kSweep = std::chrono::milliseconds(100);
  static constexpr std::size_t kMostSpare = 16;

  // Declared before the context, because its destructor destroys the remaining connections.
  boost::intrusive::list<WithDeadline, boost::intrusive::constant_time_size<false>> watched_;
  std::vector<std::unique_ptr<Scratch>> spare_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Executor> work_;
  Timer timer_;
  bool sweeping_ = false;
  unsigned requests_ = 0;
  int waits_seen_ = 0;
  RecentPeak return_latency_;
};

}  // namespace vitrine::serve
