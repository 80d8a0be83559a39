#include "serve/http/access_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/error.h"
#include "engine/prediction_writer.h"

namespace vitrine::serve {

namespace {

/// Writes all of `text`. After a stop request it gives up if the reader blocks for 200 ms.
void write_all(std::string_view text, const std::stop_token& stop) {
  auto limit = std::chrono::steady_clock::time_point::max();
  while (!text.empty()) {
    pollfd ready{2, POLLOUT, 0};
    const int can = ::poll(&ready, 1, 50);
    const auto now = std::chrono::steady_clock::now();
    if (stop.stop_requested()) limit = std::min(limit, now + std::chrono::milliseconds(200));
    if (now >= limit || can < 0) return;
    if (can == 0) continue;
    // A pipe that is ready accepts PIPE_BUF bytes without blocking.
    const auto written = ::write(2, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

AccessLog::AccessLog(LogFormat format) : format_(format) {
  if (format_ == LogFormat::off) return;
  lines_ = std::make_unique<telemetry::AsyncLines>(
      kMaxWaiting, [](std::string_view lines, std::size_t dropped, const std::stop_token& stop) {
        write_all(lines, stop);
        if (dropped == 0) return;
        write_all(
            fmt::format("warning: {} log lines were dropped: the reader is too slow\n", dropped),
            stop);
      });
}

void AccessLog::write(const AccessRecord& record) {
  if (format_ == LogFormat::off) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const double ms = std::chrono::duration<double, std::milli>(record.duration).count();
  fmt::memory_buffer line;
  const auto out = std::back_inserter(line);
  const ServedBy& served = record.served;
  const auto milliseconds = [](Duration time) { return 1000 * seconds_of(time); };
  if (format_ == LogFormat::json) {
    fmt::format_to(out,
                   "{{\"time\":\"{:%FT%T}Z\",\"client\":{},\"method\":{},\"target\":{},"
                   "\"status\":{},\"bytes\":{},\"ms\":{:.3f}",
                   now, json_text(record.client), json_text(shown(record.method, 20)),
                   json_text(shown(record.target, 200)), record.status, record.bytes, ms);
    if (!served.request_id.empty()) {
      fmt::format_to(out, ",\"request_id\":\"{}\",\"trace_id\":\"{}\"", served.request_id,
                     served.trace_id);
    }
    if (!served.model.empty()) {
      fmt::format_to(out,
                     ",\"model\":\"{}\",\"version\":{},\"queue_ms\":{:.3f},\"decode_ms\":{:.3f},"
                     "\"infer_ms\":{:.3f}",
                     served.model, served.version, milliseconds(served.times.queue),
                     milliseconds(served.times.decode), milliseconds(served.times.infer));
    }
    fmt::format_to(out, "}}\n");
  } else {
    fmt::format_to(out, "{:%FT%T}Z {} \"{} {}\" {} {} B {:.3f} ms\n", now, record.client,
                   shown(record.method, 20), shown(record.target, 200), record.status, record.bytes,
                   ms);
  }
  lines_->add({line.data(), line.size()});
}

}  // namespace vitrine::serve
