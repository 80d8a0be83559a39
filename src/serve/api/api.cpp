// Plan of the file:
// 1. handle(): too late? begin() makes the RequestContext with the row of the route table,
//    authenticate() checks the key, dispatch() the method and the rights and calls the handler,
//    finish() (services.cpp) adds headers and records metrics and spans.
// 2. refuse_by_head() takes the same way for a request without its body (head_only).
// Any exception becomes a response in the form of the protocol (error_response). Nothing is thrown
// out.
#include "serve/api/api.h"

#include <algorithm>

#include "base/text.h"
#include "serve/api/grpc_adapter.h"
#include "serve/api/http_error.h"

namespace vitrine::serve {
namespace {

std::string_view query_of(std::string_view target) {
  const std::size_t question_mark = target.find('?');
  if (question_mark == std::string_view::npos) return {};
  return target.substr(question_mark + 1, target.find('#', question_mark) - question_mark - 1);
}

bool is_inference(const HttpRequest& request, const RouteMatch& match) {
  return match.route != nullptr && match.route->inference && !request.admin_socket;
}

/// The key of the request: X-API-Key, or Authorization with the scheme Bearer. Empty: none.
std::string_view key_of(const HttpRequest& request) {
  const std::string_view key = request.header("X-API-Key");
  const std::string_view authorization = request.header("Authorization");
  if (!key.empty() || lower_ascii(authorization.substr(0, 7)) != "bearer ") return key;
  return trimmed(authorization.substr(7));
}

}  // namespace

Api::Api(ModelStore& store, Scheduler& scheduler, telemetry::ServerMetrics& metrics,
         ApiOptions options)
    : services_{.store = store,
                .scheduler = scheduler,
                .metrics = metrics,
                .options = std::move(options)} {}

std::optional<HttpResponse> Api::handle(HttpRequest request, CompletionCallback done) {
  if (services_.scheduler.too_late(request.arrived) &&
      is_inference(request, match_route(request))) {
    return too_busy(request);
  }
  auto context = begin(std::move(request));
  try {
    const std::string_view timeout = context->request.header("X-Request-Timeout");
    if (!timeout.empty()) {
      context->ticket.deadline =
          std::min(context->ticket.deadline, context->ticket.arrived + parse_timeout(timeout));
    }
    authenticate(*context);
    if (context->request.method == "OPTIONS" && services_.options.keys && !context->admin) {
      // No key is needed, so it reveals no paths.
      return finish(services_, *context, {204, "", ""});
    }
    Answer answer = dispatch(context, done);
    if (answer) return finish(services_, *context, std::move(*answer));
    return std::nullopt;
  } catch (...) {
    return finish(services_, *context, error_response(*context, nullptr, std::current_exception()));
  }
}

std::optional<HttpResponse> Api::refuse_by_head(HttpRequest head) {
  if (services_.scheduler.too_late(head.arrived) && is_inference(head, match_route(head))) {
    return too_busy(head);
  }
  auto context = begin(std::move(head));
  context->head_only = true;
  try {
    authenticate(*context);
    CompletionCallback nobody;  // with head_only nothing asynchronous is started
    const Answer answer = dispatch(context, nobody);
    if (!answer || answer->status < 400) return std::nullopt;
    return finish(services_, *context, *answer);
  } catch (...) {
    return finish(services_, *context, error_response(*context, nullptr, std::current_exception()));
  }
}

/// Refuses a request that waited too long for an event loop. This must be cheap, because the loop
/// is overloaded: the request is not parsed further and the text is prepared.
HttpResponse Api::too_busy(const HttpRequest& request) const {
  static const HttpResponse answers[] = {
      problem(Refusal(Refusal::Reason::overloaded, std::chrono::seconds(1))),
      plain_error(Refusal(Refusal::Reason::overloaded, std::chrono::seconds(1)))};
  services_.metrics.rejected("overloaded");
  const bool plain = speaks_plain_errors(request.target);
  HttpResponse answer =
      request.grpc ? grpc_error(Refusal(Refusal::Reason::overloaded, std::chrono::seconds(1)),
                                is_stream(request))
                   : answers[plain ? 1 : 0];
  answer.served.request_id =
      telemetry::request_id(request.header("X-Request-Id"),
                            telemetry::continue_trace(request.header("traceparent")).trace_id);
  return std::move(answer.with("X-Request-Id", answer.served.request_id));
}

void Api::stop_work() {
  services_.scheduler.stop();
  services_.store.stop();
}

std::shared_ptr<RequestContext> Api::begin(HttpRequest request) const {
  auto context = std::make_shared<RequestContext>();
  context->request = std::move(request);
  context->match = match_route(context->request);
  context->inference = is_inference(context->request, context->match);
  context->query = query_of(context->request.target);
  context->catalogue = services_.store.catalogue();
  context->ticket.client = context->request.client;
  context->ticket.arrived = context->request.arrived;
  context->ticket.return_latency = context->request.return_latency;
  context->ticket.deadline = context->request.deadline;
  context->trace = telemetry::continue_trace(context->request.header("traceparent"));
  context->id =
      telemetry::request_id(context->request.header("X-Request-Id"), context->trace.trace_id);
  context->began_unix_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  return context;
}

/// Throws HttpError(401) or (429). CORS preflights need no key; a path that does not exist needs
/// one, so that paths are not revealed.
void Api::authenticate(RequestContext& context) {
  context.admin = context.request.admin_socket;
  ApiKeys* keys = services_.options.keys.get();
  if (context.admin || keys == nullptr || context.request.method == "OPTIONS") return;
  const Access access = context.match.access;
  if (access == Access::anyone) return;
  const std::string_view key = key_of(context.request);
  if (key.empty() && access == Access::optional_key) return;
  const auto caller = key.empty() ? nullptr : keys->find(key);
  if (!caller) {
    throw HttpError(401, key.empty() ? "there is no API key" : "the API key is unknown",
                    "the request's header", "send it as 'Authorization: Bearer KEY'")
        .with("WWW-Authenticate", "Bearer");
  }
  context.caller = caller->name;
  context.admin = caller->admin;
  if (context.head_only) return;  // the rate counts a request once, in handle()
  Duration wait{};
  if (!keys->within_rate(caller->name, services_.scheduler.time().now(), wait)) {
    services_.metrics.rejected("rate_limit");
    throw HttpError(429, "the rate of this API key is used up", "the API key",
                    "retry after the number of seconds in Retry-After")
        .with("Retry-After", std::to_string(retry_seconds(wait)));
  }
}

/// Throws HttpError(404), (405) or (403), and what the handler throws.
Answer Api::dispatch(const ContextPointer& context, CompletionCallback& done) {
  const RouteMatch& match = context->match;
  const bool has_methods = match.allow.contains(',');
  if (context->request.method == "OPTIONS" && has_methods) return options_answer(match.allow);
  if (match.route == nullptr) throw no_such_route(context->request, match);
  if (match.route->access == Access::administrator && !context->admin) {
    throw HttpError(
        403, "this call needs administrator rights", shown(path_of(context->request.target)),
        "send a key that is marked admin in the --api-keys file, or use --admin-socket");
  }
  return match.route->handler(services_, context, done);
}

}  // namespace vitrine::serve
