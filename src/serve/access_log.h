// One line a request.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace vitrine {

enum class LogFormat { text, json, off };

struct AccessRecord {
  std::string_view client;  ///< address
  std::string_view method;
  std::string_view target;
  unsigned status = 0;
  std::size_t bytes = 0;                ///< of the answer's body
  std::chrono::nanoseconds duration{};  ///< from the request's last byte to the answer's
};

/// Writes whole lines to standard error. Thread-safe.
class AccessLog {
 public:
  explicit AccessLog(LogFormat format) : format_(format) {}
  void write(const AccessRecord& record) const;

 private:
  LogFormat format_;
};

}  // namespace vitrine
