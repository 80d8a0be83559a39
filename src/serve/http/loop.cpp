#include "serve/http/loop.h"

namespace vitrine::serve {

Loop::Loop() : work_(boost::asio::make_work_guard(context_)), timer_(executor()) {}
Loop::~Loop() = default;

void Loop::watch(WithDeadline& one) {
  watched_.push_back(one);
  if (!sweeping_) sweep();
}

void Loop::sweep() {
  sweeping_ = !watched_.empty();
  if (!sweeping_) return;
  timer_.expires_after(kSweep);
  timer_.async_wait([this](boost::system::error_code code) {
    if (code) return;
    const Time now = Clock::now();
    for (WithDeadline& one : watched_) {
      if (one.deadline_ > now) continue;
      // Repeated until the deadline is cleared: the operation to cancel may have begun only now.
      one.timed_out_ = true;
      one.on_timeout();
    }
    sweep();
  });
}

std::unique_ptr<Scratch> Loop::take_scratch() {
  if (spare_.empty()) return std::make_unique<Scratch>();
  auto scratch = std::move(spare_.back());
  spare_.pop_back();
  return scratch;
}

void Loop::give_back(std::unique_ptr<Scratch> scratch) {
  scratch->clear();
  if (spare_.size() < kMostSpare) spare_.push_back(std::move(scratch));
}

}  // namespace vitrine::serve
