// The access log: one line per request on standard error.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "serve/api/http_message.h"
#include "telemetry/async_lines.h"

namespace vitrine::serve {

enum class LogFormat { text, json, off };

struct AccessRecord {
  std::string_view client;  ///< address
  std::string_view method;
  std::string_view target;
  unsigned status = 0;
  std::size_t bytes = 0;                ///< of the response body
  std::chrono::nanoseconds duration{};  ///< from the request's last byte to the response's
  const ServedBy& served;
};

/// Writes lines to standard error on its own thread, so that a blocked reader never blocks the
/// server. Lines beyond kMaxWaiting bytes are dropped and counted. Thread-safe. The destructor
/// waits up to 200 ms for the reader.
class AccessLog {
 public:
  static constexpr std::size_t kMaxWaiting = std::size_t{1} << 20;

  explicit AccessLog(LogFormat format);
  void write(const AccessRecord& record);

 private:
  LogFormat format_;
  std::unique_ptr<telemetry::AsyncLines> lines_;  ///< null: no log
};

}  // namespace vitrine::serve
