// Plan of the file:
// 1. handle(): too late? begin() makes the RequestContext, authorise() checks the key, dispatch()
//    chooses the protocol by the first part of the path (routes.cpp, grpc_calls.cpp,
//    operator_calls.cpp have the rest), finish() adds headers and records metrics and spans.
// 2. refuse_by_head() takes the same way for a request without its body (head_only).
// 3. choose(): model and version of a request. infer() runs it in one of three ways: small tables
// on
//    the caller's thread (answer_now), photos through the photo queue (infer_photos), the rest on a
//    worker (infer_on_worker).
// 4. fault(): any exception becomes a response in the form of the protocol. Nothing is thrown out.
#include "serve/api/api.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <ranges>

#include "base/text.h"
#include "serve/api/grpc_adapter.h"
#include "serve/api/http_error.h"
#include "serve/api/route.h"
#include "serve/api/shadow.h"

namespace vitrine::serve {
namespace {

/// Table requests up to this size (bytes) are answered on the event loop: passing them to another
/// thread would take longer than the prediction.
constexpr std::size_t kAtOnce = std::size_t{16} << 10;

/// Tables up to this size are reused by the next request of the thread.
constexpr std::size_t kKeptRows = 100;

std::string_view query_of(std::string_view target) {
  const std::size_t question_mark = target.find('?');
  if (question_mark == std::string_view::npos) return {};
  return target.substr(question_mark + 1, target.find('#', question_mark) - question_mark - 1);
}

/// The parts of a path. They are decoded after the split, so that a name may contain an escaped
/// slash.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (const auto part : std::views::split(path.substr(path.starts_with('/') ? 1 : 0), '/')) {
    segments.push_back(percent_decoded(std::string_view(part.begin(), part.end())));
  }
  if (segments.empty()) segments.emplace_back();  // "/" has one part, an empty one
  return segments;
}

/// Whether this is an inference request (not an operator's call or a GET). `path`: as dispatch()
/// sees it.
bool is_inference(const HttpRequest& request, const std::vector<std::string>& path) {
  if (request.method != "POST" || request.admin_socket) return false;
  if (request.grpc) return request.target.ends_with("Infer");
  const bool repository = path.size() > 1 && path[0] == "v2" && path[1] == "repository";
  return path[0] != "admin" && !repository;
}

/// The same before there is a context.
bool is_inference(const HttpRequest& request) {
  return is_inference(request, segments_of(path_of(request.target)));
}

}  // namespace

Api::Api(ModelStore& store, Scheduler& scheduler, telemetry::ServerMetrics& metrics,
         ApiOptions options)
    : store_(store), scheduler_(scheduler), metrics_(metrics), options_(std::move(options)) {}

std::optional<HttpResponse> Api::handle(HttpRequest request, CompletionCallback done) {
  if (scheduler_.too_late(request.arrived) && is_inference(request)) return too_busy(request);
  auto context = begin(std::move(request));
  try {
    const std::string_view timeout = context->request.header("X-Request-Timeout");
    if (!timeout.empty()) {
      context->ticket.deadline =
          std::min(context->ticket.deadline, context->ticket.arrived + parse_timeout(timeout));
    }
    authorise(*context);
    if (context->request.method == "OPTIONS" && options_.keys && !context->admin) {
      return finish(*context, {204, "", ""});  // no key is needed, so it reveals no paths
    }
    Answer answer = dispatch(context, done);
    if (answer) return finish(*context, std::move(*answer));
    return std::nullopt;
  } catch (...) {
    return finish(*context, fault(*context, nullptr, std::current_exception()));
  }
}

std::optional<HttpResponse> Api::refuse_by_head(HttpRequest head) {
  if (scheduler_.too_late(head.arrived) && is_inference(head)) return too_busy(head);
  auto context = begin(std::move(head));
  context->head_only = true;
  try {
    authorise(*context);
    CompletionCallback nobody;  // with head_only nothing asynchronous is started
    const Answer answer = dispatch(context, nobody);
    if (!answer || answer->status < 400) return std::nullopt;
    return finish(*context, *answer);
  } catch (...) {
    return finish(*context, fault(*context, nullptr, std::current_exception()));
  }
}

/// Refuses a request that waited too long for an event loop. This must be cheap, because the loop
/// is overloaded: the request is not parsed further and the text is prepared.
HttpResponse Api::too_busy(const HttpRequest& request) const {
  static const HttpResponse answers[] = {
      problem(Refusal(Refusal::Reason::overloaded, std::chrono::seconds(1))),
      plain_error(Refusal(Refusal::Reason::overloaded, std::chrono::seconds(1)))};
  metrics_.rejected("overloaded");
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
  scheduler_.stop();
  store_.stop();
}

std::shared_ptr<RequestContext> Api::begin(HttpRequest request) {
  auto context = std::make_shared<RequestContext>();
  context->request = std::move(request);
  context->path = segments_of(path_of(context->request.target));
  context->inference = is_inference(context->request, context->path);
  context->query = query_of(context->request.target);
  context->catalogue = store_.catalogue();
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

/// Throws HttpError(401) or (429). Probes, the files of the web page and CORS preflights need no
/// key.
void Api::authorise(RequestContext& context) {
  context.admin = context.request.admin_socket;
  if (context.admin || !options_.keys || context.request.method == "OPTIONS") return;
  const std::string& first = context.path[0];
  if (context.path.size() == 2 && first == "ui") return;
  if (context.path.size() == 1 &&
      (first.empty() || first == "ping" || first == "livez" || first == "readyz"))
    return;
  if (context.path.size() == 3 && first == "v2" && context.path[1] == "health") return;
  if (context.request.grpc &&
      (context.path.back() == "ServerLive" || context.path.back() == "ServerReady")) {
    return;
  }
  std::string_view key = context.request.header("X-API-Key");
  const std::string_view authorization = context.request.header("Authorization");
  if (key.empty() && lower_ascii(authorization.substr(0, 7)) == "bearer ") {
    key = trimmed(authorization.substr(7));
  }
  // Without a key the gRPC health check does not reveal which models there are (check_health()).
  if (key.empty() && context.request.grpc && first == kHealthService) return;
  const auto caller = key.empty() ? nullptr : options_.keys->find(key);
  if (!caller) {
    throw HttpError(401, key.empty() ? "there is no API key" : "the API key is unknown",
                    "the request's header", "send it as 'Authorization: Bearer KEY'")
        .with("WWW-Authenticate", "Bearer");
  }
  context.caller = caller->name;
  context.admin = caller->admin;
  if (context.head_only) return;  // the rate counts a request once, in handle()
  Duration wait{};
  if (!options_.keys->within_rate(caller->name, Clock::now(), wait)) {
    metrics_.rejected("rate_limit");
    throw HttpError(429, "the rate of this API key is used up", "the API key",
                    "retry after the number of seconds in Retry-After")
        .with("Retry-After", std::to_string(retry_seconds(wait)));
  }
}

Api::Answer Api::dispatch(const ContextPointer& context, CompletionCallback& done) {
  const std::string& first = context->path[0];
  if (context->request.grpc) return dispatch_grpc(context, done);
  if (first == "v2") return dispatch_v2(context, done);
  if (first == "v1") return dispatch_v1(context, done);
  if (first == "admin") return dispatch_admin(context, done);
  return dispatch_native(context, done);
}

/// Sets entry and model of the context. `version`: a number, or with `label` a label; without it
/// the routing decides. Throws HttpError(404), or (503) for a model that failed to load.
void Api::choose(RequestContext& context, std::string_view name,
                 std::optional<std::string_view> version, bool label) const {
  context.entry = context.catalogue->find(name);
  if (context.entry == nullptr) {
    const std::vector<std::string> names = context.catalogue->names();
    throw HttpError(404, "there is no model '" + shown(name) + "'", "the path",
                    did_you_mean(name, names) + "the models are " + listed(names));
  }
  if (!version) {
    // Only inference requests are divided between the current version and the canary.
    context.model =
        context.inference && !context.head_only ? context.entry->pick() : context.entry->current();
    if (context.model) return;
    throw HttpError(
        503, "the model '" + std::string(name) + "' can't be loaded: " + context.entry->fault,
        "the server", "replace the file by a valid model");
  }
  std::uint64_t number = 0;
  if (label) {
    const auto place = context.entry->routing.labels.find(std::string(*version));
    if (place != context.entry->routing.labels.end()) number = place->second;
  } else {
    std::from_chars(version->data(), version->data() + version->size(), number);
    if (std::to_string(number) != *version) number = 0;
  }
  const auto place = context.entry->versions.find(number);
  if (place != context.entry->versions.end()) {
    context.model = place->second;
    return;
  }
  std::vector<std::string> known;
  for (const auto& [one, model] : context.entry->versions) known.push_back(std::to_string(one));
  for (const auto& [one, target] : context.entry->routing.labels) known.push_back("'" + one + "'");
  throw HttpError(404,
                  "the model '" + std::string(name) + "' has no " +
                      (label ? "label '" : "version '") + shown(*version) + "'",
                  "the path", "there are " + listed(known));
}

Api::Answer Api::infer(const ContextPointer& context, std::shared_ptr<ProtocolAdapter> adapter,
                       CompletionCallback& done) {
  if (context->head_only) return HttpResponse();
  Ticket& ticket = context->ticket;
  try {
    if (const auto timeout = adapter->timeout(context->request)) {
      ticket.deadline = std::min(ticket.deadline, ticket.arrived + *timeout);
    }
    const ServedModel& model = *context->model;
    if (model.predictor && context->request.body.size() <= kAtOnce && !adapter->takes_long()) {
      scheduler_.admit_at_once(ticket);
      return answer_now(*context, *adapter);
    }
    if (model.photos) {
      infer_photos(context, adapter, done);
    } else {
      infer_on_worker(context, adapter, done);
    }
    return std::nullopt;
  } catch (...) {
    return fault(*context, adapter.get(), std::current_exception());
  }
}

void Api::infer_on_worker(const ContextPointer& context,
                          const std::shared_ptr<ProtocolAdapter>& adapter,
                          CompletionCallback& done) {
  auto taken = std::make_shared<CompletionCallback>(std::move(done));
  try {
    const auto& load = adapter->takes_long() ? context->model->explain_load : context->model->load;
    scheduler_.submit(std::shared_ptr<ModelLoad>(context->model, load.get()), context->ticket,
                      [this, context, adapter, taken](const Refusal* refusal) {
                        context->times.queue = Clock::now() - context->ticket.arrived;
                        HttpResponse response =
                            refusal != nullptr
                                ? fault(*context, adapter.get(), std::make_exception_ptr(*refusal))
                                : answer_now(*context, *adapter);
                        (*taken)(finish(*context, std::move(response)));
                      });
  } catch (...) {
    done = std::move(*taken);
    throw;
  }
}

void Api::infer_photos(const ContextPointer& context,
                       const std::shared_ptr<ProtocolAdapter>& adapter, CompletionCallback& done) {
  auto inference = std::make_shared<InferenceRequest>();
  auto taken = std::make_shared<CompletionCallback>(std::move(done));
  try {
    context->model->photo_queue->submit(
        context->ticket,
        [context, adapter, inference] {
          *inference = read_in_turn(*adapter, *context->model, context->request);
          return std::move(inference->pixels);
        },
        [this, context, adapter, inference, taken](PhotoAnswer answer) {
          HttpResponse response;
          try {
            if (answer.failure) std::rethrow_exception(answer.failure);
            context->times.queue = answer.queue;
            context->times.decode = answer.decode;
            context->times.infer = answer.infer;
            response = adapter->write(*context->model, *inference, answer.predictions);
            answer.predictions.drop_last(adapter->explaining());
            after_answer(*context, *adapter, *inference, answer.predictions);
          } catch (...) {
            response = fault(*context, adapter.get(), std::current_exception());
          }
          (*taken)(finish(*context, std::move(response)));
        });
  } catch (...) {
    done = std::move(*taken);
    throw;
  }
}

/// Reads, predicts and writes on this thread (tables and tensors).
HttpResponse Api::answer_now(RequestContext& context, ProtocolAdapter& adapter) {
  const ServedModel& model = *context.model;
  try {
    const Time began = Clock::now();
    InferenceRequest inference = read_in_turn(adapter, model, context.request);
    const Time read = Clock::now();
    context.times.decode = read - began;
    if (model.tensors) {
      auto outputs = model.tensors->run(inference.tensors);
      context.times.infer = Clock::now() - read;
      return adapter.write_tensors(model, std::move(outputs));
    }
    const engine::Predictions predictions = model.predictor->predict(inference.table);
    context.times.infer = Clock::now() - read;
    HttpResponse response = adapter.write(model, inference, predictions);
    after_answer(context, adapter, inference, predictions);
    if (inference.table.rows <= kKeptRows) spare_table() = std::move(inference.table);
    return response;
  } catch (...) {
    return fault(context, &adapter, std::current_exception());
  }
}

void Api::after_answer(const RequestContext& context, const ProtocolAdapter& adapter,
                       const InferenceRequest& inference, const engine::Predictions& predictions) {
  const ServedModel& model = *context.model;
  if (model.predictor) model.drift->see(inference.table);
  model.drift->see(predictions.answers);
  if (options_.predictions) {
    options_.predictions->write(context.id, model, model.predictor ? &inference.table : nullptr,
                                predictions);
  }
  if (context.entry->routing.shadow != 0) ask_shadow(scheduler_, context, adapter, predictions);
}

/// Adds the headers that all responses have, and records metrics and the span.
HttpResponse Api::finish(RequestContext& context, HttpResponse response) const {
  context.times.total = Clock::now() - context.ticket.arrived;
  response.headers.reserve(4);
  response.with("X-Request-Id", context.id);
  if (context.model) {
    response.with("Vitrine-Model-Version", std::to_string(context.model->version));
    response.with("Vitrine-Model-Digest", context.model->digest.substr(0, 16));
    response.served.model = context.model->name;
    response.served.version = context.model->version;
    if (context.inference) context.model->metrics->answered(response.status, context.times);
  }
  const std::string_view origin = context.request.header("Origin");
  if (!origin.empty() && !options_.cors_origins.empty()) {
    const bool any = std::ranges::contains(options_.cors_origins, "*");
    if (any || std::ranges::contains(options_.cors_origins, origin)) {
      response.with("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
      response.with("Vary", "Origin");
      response.with("Access-Control-Expose-Headers",
                    "X-Request-Id, Retry-After, Vitrine-Model-Version");
      if (context.request.method == "OPTIONS") {
        response.with("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS");
        response.with("Access-Control-Allow-Headers",
                      "Authorization, Content-Type, X-API-Key, X-Request-Id, X-Request-Timeout");
        response.with("Access-Control-Max-Age", "600");
      }
    }
  }
  response.served.request_id = context.id;
  response.served.trace_id = context.trace.trace_id;
  response.served.times = context.times;
  if (options_.spans) {
    options_.spans->send({context.trace, context.request.method, path_of(context.request.target),
                          response.status, response.served.model, response.served.version,
                          context.began_unix_ns, context.times});
  }
  return response;
}

/// The response to an exception, in the form of the protocol: the adapter's, or if that is null the
/// one that the path belongs to.
HttpResponse Api::fault(const RequestContext& context, const ProtocolAdapter* adapter,
                        std::exception_ptr failure) const {
  const auto write = [&](const Error& error) {
    if (adapter != nullptr) return adapter->fault(error);
    if (context.request.grpc) return grpc_error(error, is_stream(context.request));
    return error_at(context.request.target, error);
  };
  try {
    std::rethrow_exception(std::move(failure));
  } catch (const Error& error) {
    return write(error);
  } catch (const std::bad_alloc&) {
    return write(HttpError(503, "there is not enough memory for this request", "the server",
                           "send fewer rows at a time"));
  } catch (const std::exception& other) {
    return write(HttpError(500, "the request failed", shown(other.what(), 200),
                           "please report it with the request"));
  }
}

}  // namespace vitrine::serve
