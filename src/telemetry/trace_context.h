// W3C Trace Context: which trace a request belongs to.
// https://www.w3.org/TR/trace-context/
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vitrine {

struct TraceContext {
  std::string trace_id;   ///< 32 hexadecimal digits
  std::string parent_id;  ///< the caller's span, 16 digits; empty where we begin the trace
  std::string span_id;    ///< ours, 16 digits
  bool sampled = true;

  /// `00-<trace>-<our span>-01`, for the answer and for what we call in turn.
  std::string traceparent() const;
};

/// The caller's trace if the header `traceparent` is sound, else a new one. Thread-safe.
TraceContext continue_trace(std::string_view traceparent);

/// The caller's id if it is fit for logs (at most 128 of letters, digits and ._:/+=@-),
/// else `otherwise`.
std::string request_id(std::string_view sent, const std::string& otherwise);

}  // namespace vitrine
