#include "host/ticket.h"

namespace vitrine {
namespace {

std::string message_of(Refusal::Reason reason) {
  switch (reason) {
    case Refusal::Reason::queue_full:
      return "too many requests wait for this model";
    case Refusal::Reason::overloaded:
      return "the server has more work than it can do in time";
    case Refusal::Reason::deadline:
      return "the answer would come after the deadline";
    case Refusal::Reason::client_gone:
      return "the client has gone";
    case Refusal::Reason::stopping:
      return "the server is being stopped";
  }
  unknown_kind("refusal", reason);
}

}  // namespace

std::string_view name_of(Refusal::Reason reason) {
  switch (reason) {
    case Refusal::Reason::queue_full:
      return "queue_full";
    case Refusal::Reason::overloaded:
      return "overloaded";
    case Refusal::Reason::deadline:
      return "deadline";
    case Refusal::Reason::client_gone:
      return "client_gone";
    case Refusal::Reason::stopping:
      return "stopping";
  }
  unknown_kind("refusal", reason);
}

Refusal::Refusal(Reason why, Duration retry)
    : Error(ErrorKind::failed, message_of(why), "the server",
            why == Reason::deadline ? "give it more time by X-Request-Timeout, or send it later"
                                    : "try again after the seconds in Retry-After"),
      reason(why),
      retry_after(retry) {}

}  // namespace vitrine
