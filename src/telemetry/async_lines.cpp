#include "telemetry/async_lines.h"

#include <algorithm>
#include <utility>

namespace vitrine::telemetry {

AsyncLines::AsyncLines(std::size_t max_waiting, Sink sink)
    : max_waiting_(max_waiting),
      sink_(std::move(sink)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

AsyncLines::~AsyncLines() {
  thread_.request_stop();
  thread_.join();
}

void AsyncLines::add(std::string_view lines) {
  {
    const std::lock_guard lock(mutex_);
    // An empty queue accepts text of any size: otherwise text above the limit could never pass.
    if (!waiting_.empty() && waiting_.size() + lines.size() > max_waiting_) {
      dropped_ += static_cast<std::size_t>(std::ranges::count(lines, '\n'));
    } else {
      waiting_ += lines;
    }
  }
  changed_.notify_one();
}

void AsyncLines::run(const std::stop_token& stop) {
  for (;;) {
    std::string lines;
    std::size_t dropped = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return !waiting_.empty() || dropped_ > 0; });
      if (waiting_.empty() && dropped_ == 0) return;  // stopped, and nothing is left
      lines.swap(waiting_);
      dropped = std::exchange(dropped_, 0);
    }
    sink_(lines, dropped, stop);
  }
}

}  // namespace vitrine::telemetry
