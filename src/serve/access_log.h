// One line a request.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "api/http_message.h"

namespace vitrine {

enum class LogFormat { text, json, off };

struct AccessRecord {
  std::string_view client;  ///< address
  std::string_view method;
  std::string_view target;
  unsigned status = 0;
  std::size_t bytes = 0;                ///< of the answer's body
  std::chrono::nanoseconds duration{};  ///< from the request's last byte to the answer's
  const ServedBy& served;
};

/// Writes lines to standard error from a thread of its own: a reader that stops
/// reading never stops the server. What does not fit kMaxWaiting bytes is dropped
/// and counted. Thread-safe; the destructor gives the reader 200 ms.
class AccessLog {
 public:
  static constexpr std::size_t kMaxWaiting = std::size_t{1} << 20;

  explicit AccessLog(LogFormat format);
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  ~AccessLog();
  void write(const AccessRecord& record);

 private:
  void run(const std::stop_token& stop);

  LogFormat format_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string waiting_;
  std::size_t dropped_ = 0;
  std::jthread writer_;
};

}  // namespace vitrine
