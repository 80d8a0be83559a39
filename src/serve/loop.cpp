#include "serve/loop.h"

namespace vitrine {

Loop::Loop() : work_(boost::asio::make_work_guard(context_)), timer_(executor()) {}
Loop::~Loop() = default;

void Loop::watch(Watched& one) {
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
    for (Watched& one : watched_) {
      if (one.deadline_ > now) continue;
      // Again at each look until it is cleared: what it waits for may have begun just now.
      one.timed_out_ = true;
      one.give_up();
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

}  // namespace vitrine
