#include "telemetry/span_sender.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/version.h"
#include "net/post.h"

namespace vitrine::telemetry {
namespace {

constexpr std::size_t kMaxWaiting = std::size_t{8} << 20;
constexpr long kSeconds = 5;
/// Pause after a request to the collector, so that the next one carries many spans.
constexpr auto kGather = std::chrono::milliseconds(500);

Json attribute(const std::string& key, std::string_view text) {
  return {{"key", key}, {"value", {{"stringValue", text}}}};
}
Json attribute(const std::string& key, std::int64_t number) {
  return {{"key", key}, {"value", {{"intValue", std::to_string(number)}}}};
}

std::string text_of(const Json& json) { return to_text(json) + "\n"; }

std::int64_t nanoseconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

Json child(const RequestSpan& span, const std::string& name, std::int64_t begin, Duration time) {
  return {{"traceId", span.trace.trace_id},
          {"spanId", continue_trace("").span_id},
          {"parentSpanId", span.trace.span_id},
          {"name", name},
          {"kind", 1},
          {"startTimeUnixNano", std::to_string(begin)},
          {"endTimeUnixNano", std::to_string(begin + nanoseconds(time))}};
}

}  // namespace

SpanSender::SpanSender(const std::string& url, ServerMetrics& metrics)
    : url_(url),
      metrics_(metrics),
      lines_(kMaxWaiting, [this](std::string_view lines, std::size_t dropped,
                                 const std::stop_token& stop) { post(lines, dropped, stop); }) {
  const std::size_t host = url.find("://");
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    throw Error(ErrorKind::usage, "'" + shown(url) + "' is not an http or https URL", "--otlp",
                "name the collector, such as http://127.0.0.1:4318");
  }
  const std::size_t path = url.find('/', host + 3);
  if (path == std::string::npos || path + 1 == url.size()) {
    url_ = url.substr(0, path) + "/v1/traces";
  }
}

void SpanSender::send(const RequestSpan& span) {
  if (!span.trace.sampled) return;
  Json attributes = {
      attribute("http.request.method", span.method), attribute("url.path", span.path),
      attribute("http.response.status_code", static_cast<std::int64_t>(span.status))};
  if (!span.model.empty()) {
    attributes.push_back(attribute("vitrine.model", span.model));
    attributes.push_back(attribute("vitrine.version", static_cast<std::int64_t>(span.version)));
  }
  Json json{{"traceId", span.trace.trace_id},
            {"spanId", span.trace.span_id},
            {"name", std::string(span.method) + " " + std::string(span.path)},
            {"kind", 2},
            {"startTimeUnixNano", std::to_string(span.began_unix_ns)},
            {"endTimeUnixNano", std::to_string(span.began_unix_ns + nanoseconds(span.times.total))},
            {"attributes", attributes},
            {"status", {{"code", span.status >= 500 ? 2 : 0}}}};
  if (!span.trace.parent_id.empty()) json["parentSpanId"] = span.trace.parent_id;
  std::string lines = text_of(json);
  std::int64_t begin = span.began_unix_ns;
  for (const auto& [name, time] : {std::pair{"queue", span.times.queue},
                                   {"decode", span.times.decode},
                                   {"infer", span.times.infer}}) {
    if (time == Duration::zero()) continue;
    lines += text_of(child(span, name, begin, time));
    begin += nanoseconds(time);
  }
  lines_.add(lines);
}

void SpanSender::post(std::string_view lines, std::size_t dropped, const std::stop_token& stop) {
  if (lines.empty()) return metrics_.spans(0, dropped);
  std::string body =
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"vitrine"}},)"
      R"({"key":"service.version","value":{"stringValue":")" +
      std::string(kVersion) + R"("}}]},"scopeSpans":[{"scope":{"name":"vitrine"},"spans":[)";
  const auto count = static_cast<std::size_t>(std::ranges::count(lines, '\n'));
  for (const char c : lines) body += c == '\n' ? ',' : c;
  body.back() = ']';
  body += "}]}]}";
  const bool sent =
      net::net_post(url_, "application/json", body, stop.stop_requested() ? 1 : kSeconds);
  metrics_.spans(sent ? count : 0, dropped + (sent ? 0 : count));
  for (auto waited = kGather * 0; waited < kGather && !stop.stop_requested();
       waited += kGather / 10) {
    std::this_thread::sleep_for(kGather / 10);
  }
}

}  // namespace vitrine::telemetry
