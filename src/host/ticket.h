// What a piece of work knows of the client that waits for it.
#pragma once

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/error.h"

namespace vitrine {

enum class Presence {
  there,
  half_closed,  ///< sends no more; it may have left, or wait for the answer
  gone,
};

/// Copies share the client's presence, which the connection keeps up to date.
struct Ticket {
  Time arrived = Clock::now();
  Time deadline = Time::max();
  Duration way_back{};  ///< that an answer is expected to take until it is sent
  std::shared_ptr<std::atomic<Presence>> client;  ///< may be null: it stays

  Presence presence() const { return client ? client->load() : Presence::there; }
};

/// Work that is not done. Becomes 503, or 504 where the deadline passed.
struct Refusal : Error {
  enum class Reason { queue_full, overloaded, deadline, client_gone, stopping };
  Refusal(Reason reason, Duration retry_after);
  Reason reason;
  Duration retry_after;  ///< when another try may succeed
};

/// "queue_full", ...: what metrics call it.
std::string_view name_of(Refusal::Reason reason);

}  // namespace vitrine
