// Deadline and client of a piece of work, and the error for work that is refused.
#pragma once

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/error.h"

namespace vitrine::serve {

enum class Presence {
  there,
  half_closed,  ///< closed its sending side: it may have left, or wait for the response
  gone,
};

/// Copies share the client's presence, which the connection keeps up to date.
struct Ticket {
  Time arrived = Clock::now();
  Time deadline = Time::max();
  Duration return_latency{};  ///< estimated time from the prediction to the sent response
  std::shared_ptr<std::atomic<Presence>> client;  ///< null: always there

  Presence presence() const { return client ? client->load() : Presence::there; }
};

/// The error of work that is refused. Becomes HTTP 503, or 504 if the deadline passed.
struct Refusal : Error {
  enum class Reason { queue_full, overloaded, deadline, client_gone, stopping };
  Refusal(Reason reason, Duration retry_after);
  Reason reason;
  Duration retry_after;  ///< when another try may succeed
};

/// The label of the reason in metrics: "queue_full", ...
std::string_view name_of(Refusal::Reason reason);

}  // namespace vitrine::serve
