// One line a request.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "api/http_message.h"
#include "telemetry/async_lines.h"

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
  void write(const AccessRecord& record);

 private:
  LogFormat format_;
  std::unique_ptr<AsyncLines> lines_;  ///< null: no log
};

}  // namespace vitrine
