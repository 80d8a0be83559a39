#include "serve/access_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "infer/answer.h"

namespace vitrine {

void AccessLog::write(const AccessRecord& record) const {
  if (format_ == LogFormat::off) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const double ms = std::chrono::duration<double, std::milli>(record.duration).count();
  fmt::memory_buffer line;
  const auto out = std::back_inserter(line);
  if (format_ == LogFormat::json) {
    fmt::format_to(out,
                   "{{\"time\":\"{:%FT%T}Z\",\"client\":{},\"method\":{},\"target\":{},"
                   "\"status\":{},\"bytes\":{},\"ms\":{:.3f}}}\n",
                   now, json_text(record.client), json_text(shown(record.method, 20)),
                   json_text(shown(record.target, 200)), record.status, record.bytes, ms);
  } else {
    fmt::format_to(out, "{:%FT%T}Z {} \"{} {}\" {} {} B {:.3f} ms\n", now, record.client,
                   shown(record.method, 20), shown(record.target, 200), record.status, record.bytes,
                   ms);
  }
  // One write a line: lines of several threads do not mix.
  [[maybe_unused]] const auto written = ::write(2, line.data(), line.size());
}

}  // namespace vitrine
