// Lines on their way to a slow place: a pipe, a disk, another machine. Whoever adds one
// never waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace vitrine {

/// Hands lines to a sink on a thread of its own, as many at a time as have come. What does
/// not fit `max_waiting` bytes is dropped and counted. Thread-safe; the destructor lets the sink
/// have what is left.
class AsyncLines {
 public:
  /// `lines`: whole lines, each with its end. `dropped`: how many lines were lost since the last
  /// call.
  /// `stop` is asked for when the program ends: then a sink should hurry.
  using Sink =
      std::function<void(std::string_view lines, std::size_t dropped, const std::stop_token& stop)>;

  AsyncLines(std::size_t max_waiting, Sink sink);
  ~AsyncLines();

  /// One line or more, each with its end.
  void add(std::string_view lines);

 private:
  void run(const std::stop_token& stop);

  std::size_t max_waiting_;
  Sink sink_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string waiting_;
  std::size_t dropped_ = 0;
  std::jthread thread_;
};

}  // namespace vitrine
