// Sends traces to a collector: OTLP/HTTP with JSON. https://opentelemetry.io/docs/specs/otlp/
#pragma once

#include <cstdint>
#include <string>

#include "telemetry/async_lines.h"
#include "telemetry/server_metrics.h"
#include "telemetry/trace_context.h"

namespace vitrine::telemetry {

/// One request, from its last byte to its response. Only refers to its parts.
struct RequestSpan {
  const TraceContext& trace;
  std::string_view method;
  std::string_view path;
  unsigned status = 200;
  std::string_view model;  ///< empty: the request used no model
  std::uint64_t version = 0;
  std::int64_t began_unix_ns = 0;
  const StageTimes& times;
};

/// Sends spans in batches from its own thread. If the collector can't be reached, they are dropped
/// and counted. Thread-safe.
class SpanSender {
 public:
  /// `url`: of the collector, such as http://127.0.0.1:4318; `/v1/traces` is added unless it
  /// has a path. `metrics` must outlive this. Throws Error(usage) for other than http and https.
  SpanSender(const std::string& url, ServerMetrics& metrics);

  /// Queues a span and its stages; never blocks. Spans that are not sampled are ignored.
  void send(const RequestSpan& span);

 private:
  void post(std::string_view lines, std::size_t dropped, const std::stop_token& stop);

  std::string url_;
  ServerMetrics& metrics_;
  AsyncLines lines_;
};

}  // namespace vitrine::telemetry
