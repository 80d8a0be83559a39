// W3C Trace Context: the trace that a request belongs to.
// https://www.w3.org/TR/trace-context/
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine::telemetry {

struct TraceContext {
  std::string trace_id;   ///< 32 hexadecimal digits
  std::string parent_id;  ///< the caller's span, 16 digits; empty: the trace begins here
  std::string span_id;    ///< this server's span, 16 digits
  bool sampled = true;

  /// `00-<trace>-<this span>-01`, for the response and for requests to other servers.
  std::string traceparent() const;
};

/// The caller's trace if the header `traceparent` is valid, else a new one. Thread-safe.
TraceContext continue_trace(std::string_view traceparent);

/// The caller's request id if it is safe in logs (1 to 128 letters, digits and ._:/+=@-), else
/// `otherwise`.
std::string request_id(std::string_view sent, const std::string& otherwise);

}  // namespace vitrine::telemetry
