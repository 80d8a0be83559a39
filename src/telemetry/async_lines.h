// A queue of lines for a slow destination (a pipe, a disk, another machine) whose producers never
// block.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace vitrine::telemetry {

/// Passes lines to a sink on its own thread, all that are queued at a time. Lines that do not fit
/// into `max_waiting` bytes are dropped and counted. Thread-safe. The destructor passes the rest to
/// the sink and waits for it.
class AsyncLines {
 public:
  /// `lines`: complete lines, each with its '\n'. `dropped`: lines dropped since the last call.
  /// A stop is requested on `stop` when the object is destroyed: the sink should then return soon.
  using Sink =
      std::function<void(std::string_view lines, std::size_t dropped, const std::stop_token& stop)>;

  AsyncLines(std::size_t max_waiting, Sink sink);
  ~AsyncLines();

  /// Adds one or more lines, each with its '\n'. Never blocks on the sink.
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

}  // namespace vitrine::telemetry
