#include "serve/models/ticket.h"

namespace vitrine::serve {
namespace {

std::string message_of(Refusal::Reason reason) {
  switch (reason) {
    case Refusal::Reason::queue_full:
      return "too many requests wait for this model";
    case Refusal::Reason::overloaded:
      return "the server is overloaded: the estimated wait is too long";
    case Refusal::Reason::deadline:
      return "the response would be later than the request's deadline";
    case Refusal::Reason::client_gone:
      return "the client disconnected";
    case Refusal::Reason::stopping:
      return "the server is stopping";
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
            why == Reason::deadline ? "increase X-Request-Timeout, or send the request later"
                                    : "retry after the number of seconds in Retry-After"),
      reason(why),
      retry_after(retry) {}

}  // namespace vitrine::serve
