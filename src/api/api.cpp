#include "api/api.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <ranges>

#include "api/grpc_exchange.h"
#include "api/http_error.h"
#include "api/route.h"
#include "api/shadow.h"
#include "base/text.h"

namespace vitrine {
namespace {

/// Tables whose request is no larger are answered on the event loop: handing them to
/// another thread would take longer than the answer.
constexpr std::size_t kAtOnce = std::size_t{16} << 10;

/// Tables of no more rows leave their memory to the next request.
constexpr std::size_t kKeptRows = 100;

std::string_view query_of(std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return {};
  return target.substr(question + 1, target.find('#', question) - question - 1);
}

/// Decoded after cutting: an escaped slash belongs to a name.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (const auto part : std::views::split(path.substr(path.starts_with('/') ? 1 : 0), '/')) {
    segments.push_back(percent_decoded(std::string_view(part.begin(), part.end())));
  }
  if (segments.empty()) segments.emplace_back();  // "/" has one part, an empty one
  return segments;
}

/// Asks a model, and is no operator's call.
bool is_question(const HttpRequest& request) {
  return request.method == "POST" && !request.admin_socket &&
         !request.target.starts_with("/admin") && !request.target.starts_with("/v2/repository") &&
         (!request.grpc || request.target.ends_with("Infer"));
}

}  // namespace

Api::Api(ModelStore& store, Scheduler& scheduler, ServerMetrics& metrics, ApiOptions options)
    : store_(store), scheduler_(scheduler), metrics_(metrics), options_(std::move(options)) {}

std::optional<HttpResponse> Api::handle(HttpRequest request, Later later) {
  if (scheduler_.too_late(request.arrived) && is_question(request)) return too_busy(request);
  auto call = begin(std::move(request));
  try {
    const std::string_view timeout = call->request.header("X-Request-Timeout");
    if (!timeout.empty()) {
      call->ticket.deadline =
          std::min(call->ticket.deadline, call->ticket.arrived + parse_timeout(timeout));
    }
    authorise(*call);
    if (call->request.method == "OPTIONS" && options_.keys && !call->admin) {
      return finish(*call, {204, "", ""});  // it needs no key, so it tells nothing
    }
    Answer answer = dispatch(call, later);
    if (answer) return finish(*call, std::move(*answer));
    return std::nullopt;
  } catch (...) {
    return finish(*call, fault(*call, nullptr, std::current_exception()));
  }
}

std::optional<HttpResponse> Api::refuse_by_head(HttpRequest head) {
  if (scheduler_.too_late(head.arrived) && is_question(head)) return too_busy(head);
  auto call = begin(std::move(head));
  call->head_only = true;
  try {
    authorise(*call);
    Later nobody;  // nothing that is answered later is begun
    const Answer answer = dispatch(call, nobody);
    if (!answer || answer->status < 400) return std::nullopt;
    return finish(*call, *answer);
  } catch (...) {
    return finish(*call, fault(*call, nullptr, std::current_exception()));
  }
}

/// Where requests wait too long for an event loop, a refusal must cost next to nothing: it is sent
/// before anything is made of the request.
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
  answer.served.request_id = request_id(request.header("X-Request-Id"),
                                        continue_trace(request.header("traceparent")).trace_id);
  return std::move(answer.with("X-Request-Id", answer.served.request_id));
}

void Api::stop_work() {
  scheduler_.stop();
  store_.stop();
}

std::shared_ptr<Call> Api::begin(HttpRequest request) {
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->path = segments_of(path_of(call->request.target));
  call->query = query_of(call->request.target);
  call->catalogue = store_.catalogue();
  call->ticket.client = call->request.client;
  call->ticket.arrived = call->request.arrived;
  call->ticket.way_back = call->request.way_back;
  call->ticket.deadline = call->request.deadline;
  call->trace = continue_trace(call->request.header("traceparent"));
  call->id = request_id(call->request.header("X-Request-Id"), call->trace.trace_id);
  call->began_unix_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  return call;
}

/// Probes and preflights are everybody's; the rest needs a key where there are keys.
void Api::authorise(Call& call) {
  call.admin = call.request.admin_socket;
  if (call.admin || !options_.keys || call.request.method == "OPTIONS") return;
  const std::string& first = call.path[0];
  if (call.path.size() == 2 && first == "ui") return;
  if (call.path.size() == 1 &&
      (first.empty() || first == "ping" || first == "livez" || first == "readyz"))
    return;
  if (call.path.size() == 3 && first == "v2" && call.path[1] == "health") return;
  if (call.request.grpc &&
      (call.path.back() == "ServerLive" || call.path.back() == "ServerReady")) {
    return;
  }
  std::string_view key = call.request.header("X-API-Key");
  const std::string_view authorization = call.request.header("Authorization");
  if (key.empty() && lower_ascii(authorization.substr(0, 7)) == "bearer ") {
    key = trimmed(authorization.substr(7));
  }
  if (key.empty() && call.request.grpc && first == kHealthService) return;  // tells little then
  const auto caller = key.empty() ? nullptr : options_.keys->find(key);
  if (!caller) {
    throw HttpError(401, key.empty() ? "there is no API key" : "the API key is not known",
                    "the request's header", "send it as 'Authorization: Bearer KEY'")
        .with("WWW-Authenticate", "Bearer");
  }
  call.caller = caller->name;
  call.admin = caller->admin;
  if (call.head_only) return;  // it is counted once, when it is all there
  Duration wait{};
  if (!options_.keys->within_rate(caller->name, Clock::now(), wait)) {
    metrics_.rejected("rate_limit");
    throw HttpError(429, "the rate of this API key is used up", "the API key",
                    "try again after the seconds in Retry-After")
        .with("Retry-After", std::to_string(retry_seconds(wait)));
  }
}

Api::Answer Api::dispatch(const CallPointer& call, Later& later) {
  const std::string& first = call->path[0];
  if (call->request.grpc) return dispatch_grpc(call, later);
  if (first == "v2") return dispatch_v2(call, later);
  if (first == "v1") return dispatch_v1(call, later);
  if (first == "admin") return dispatch_admin(call, later);
  return dispatch_native(call, later);
}

/// Finds the model, and the version if one is named by number or label.
void Api::choose(Call& call, std::string_view name, std::optional<std::string_view> version,
                 bool label) const {
  call.entry = call.catalogue->find(name);
  if (call.entry == nullptr) {
    const std::vector<std::string> names = call.catalogue->names();
    throw HttpError(404, "there is no model '" + shown(name) + "'", "the path",
                    did_you_mean(name, names) + "the models are " + listed(names));
  }
  if (!version) {
    // Only questions take turns between the current version and the canary.
    call.model =
        is_question(call.request) && !call.head_only ? call.entry->pick() : call.entry->current();
    if (call.model) return;
    throw HttpError(503,
                    "the model '" + std::string(name) + "' can't be loaded: " + call.entry->fault,
                    "the server", "put a good file there");
  }
  std::uint64_t number = 0;
  if (label) {
    const auto place = call.entry->routing.labels.find(std::string(*version));
    if (place != call.entry->routing.labels.end()) number = place->second;
  } else {
    std::from_chars(version->data(), version->data() + version->size(), number);
    if (std::to_string(number) != *version) number = 0;
  }
  const auto place = call.entry->versions.find(number);
  if (place != call.entry->versions.end()) {
    call.model = place->second;
    return;
  }
  std::vector<std::string> known;
  for (const auto& [one, model] : call.entry->versions) known.push_back(std::to_string(one));
  for (const auto& [one, target] : call.entry->routing.labels) known.push_back("'" + one + "'");
  throw HttpError(404,
                  "the model '" + std::string(name) + "' has no " +
                      (label ? "label '" : "version '") + shown(*version) + "'",
                  "the path", "there are " + listed(known));
}

Api::Answer Api::ask(const CallPointer& call, std::shared_ptr<Exchange> exchange, Later& later) {
  if (call->head_only) return HttpResponse();
  Ticket& ticket = call->ticket;
  try {
    if (const auto timeout = exchange->timeout(call->request)) {
      ticket.deadline = std::min(ticket.deadline, ticket.arrived + *timeout);
    }
    const ServedModel& model = *call->model;
    if (model.predictor && call->request.body.size() <= kAtOnce && !exchange->takes_long()) {
      scheduler_.admit_at_once(ticket);
      return answer_now(*call, *exchange);
    }
    if (model.photos) {
      ask_photos(call, exchange, later);
    } else {
      ask_on_worker(call, exchange, later);
    }
    return std::nullopt;
  } catch (...) {
    return fault(*call, exchange.get(), std::current_exception());
  }
}

void Api::ask_on_worker(const CallPointer& call, const std::shared_ptr<Exchange>& exchange,
                        Later& later) {
  auto taken = std::make_shared<Later>(std::move(later));
  try {
    const auto& load = exchange->takes_long() ? call->model->explain_load : call->model->load;
    scheduler_.submit(std::shared_ptr<ModelLoad>(call->model, load.get()), call->ticket,
                      [this, call, exchange, taken](const Refusal* refusal) {
                        call->times.queue = Clock::now() - call->ticket.arrived;
                        HttpResponse response =
                            refusal != nullptr
                                ? fault(*call, exchange.get(), std::make_exception_ptr(*refusal))
                                : answer_now(*call, *exchange);
                        (*taken)(finish(*call, std::move(response)));
                      });
  } catch (...) {
    later = std::move(*taken);
    throw;
  }
}

void Api::ask_photos(const CallPointer& call, const std::shared_ptr<Exchange>& exchange,
                     Later& later) {
  auto question = std::make_shared<Question>();
  auto taken = std::make_shared<Later>(std::move(later));
  try {
    call->model->photo_queue->submit(
        call->ticket,
        [call, exchange, question] {
          *question = read_in_turn(*exchange, *call->model, call->request);
          return std::move(question->pixels);
        },
        [this, call, exchange, question, taken](PhotoAnswer answer) {
          HttpResponse response;
          try {
            if (answer.failure) std::rethrow_exception(answer.failure);
            call->times.queue = answer.queue;
            call->times.decode = answer.decode;
            call->times.infer = answer.infer;
            response = exchange->write(*call->model, *question, answer.predictions);
            answer.predictions.drop_last(exchange->explaining());
            after_answer(*call, *exchange, *question, answer.predictions);
          } catch (...) {
            response = fault(*call, exchange.get(), std::current_exception());
          }
          (*taken)(finish(*call, std::move(response)));
        });
  } catch (...) {
    later = std::move(*taken);
    throw;
  }
}

/// Reads, predicts and writes on this thread: of tables and bare tensors.
HttpResponse Api::answer_now(Call& call, Exchange& exchange) {
  const ServedModel& model = *call.model;
  try {
    const Time began = Clock::now();
    Question question = read_in_turn(exchange, model, call.request);
    const Time read = Clock::now();
    call.times.decode = read - began;
    if (model.tensors) {
      auto outputs = model.tensors->run(question.tensors);
      call.times.infer = Clock::now() - read;
      return exchange.write(model, std::move(outputs));
    }
    const Predictions predictions = model.predictor->predict(question.table);
    call.times.infer = Clock::now() - read;
    HttpResponse response = exchange.write(model, question, predictions);
    after_answer(call, exchange, question, predictions);
    if (question.table.rows <= kKeptRows) spare_table() = std::move(question.table);
    return response;
  } catch (...) {
    return fault(call, &exchange, std::current_exception());
  }
}

void Api::after_answer(const Call& call, const Exchange& exchange, const Question& question,
                       const Predictions& predictions) {
  const ServedModel& model = *call.model;
  if (model.predictor) model.drift->see(question.table);
  model.drift->see(predictions.answers);
  if (options_.predictions) {
    options_.predictions->write(call.id, model, model.predictor ? &question.table : nullptr,
                                predictions);
  }
  if (call.entry->routing.shadow != 0) ask_shadow(scheduler_, call, exchange, predictions);
}

/// What every answer gets, and what is counted of it.
HttpResponse Api::finish(Call& call, HttpResponse response) const {
  call.times.total = Clock::now() - call.ticket.arrived;
  response.headers.reserve(4);
  response.with("X-Request-Id", call.id);
  if (call.model) {
    response.with("Vitrine-Model-Version", std::to_string(call.model->version));
    response.with("Vitrine-Model-Digest", call.model->digest.substr(0, 16));
    response.served.model = call.model->name;
    response.served.version = call.model->version;
    if (is_question(call.request)) call.model->metrics->answered(response.status, call.times);
  }
  const std::string_view origin = call.request.header("Origin");
  if (!origin.empty() && !options_.cors_origins.empty()) {
    const bool any = std::ranges::contains(options_.cors_origins, "*");
    if (any || std::ranges::contains(options_.cors_origins, origin)) {
      response.with("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
      response.with("Vary", "Origin");
      response.with("Access-Control-Expose-Headers",
                    "X-Request-Id, Retry-After, Vitrine-Model-Version");
      if (call.request.method == "OPTIONS") {
        response.with("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS");
        response.with("Access-Control-Allow-Headers",
                      "Authorization, Content-Type, X-API-Key, X-Request-Id, X-Request-Timeout");
        response.with("Access-Control-Max-Age", "600");
      }
    }
  }
  response.served.request_id = call.id;
  response.served.trace_id = call.trace.trace_id;
  response.served.times = call.times;
  if (options_.spans) {
    options_.spans->send({call.trace, call.request.method, path_of(call.request.target),
                          response.status, response.served.model, response.served.version,
                          call.began_unix_ns, call.times});
  }
  return response;
}

/// `exchange` null: by the path, which shows the protocol.
HttpResponse Api::fault(const Call& call, const Exchange* exchange,
                        std::exception_ptr failure) const {
  const auto write = [&](const Error& error) {
    if (exchange != nullptr) return exchange->fault(error);
    if (call.request.grpc) return grpc_error(error, is_stream(call.request));
    return error_at(call.request.target, error);
  };
  try {
    std::rethrow_exception(std::move(failure));
  } catch (const Error& error) {
    return write(error);
  } catch (const std::bad_alloc&) {
    return write(HttpError(503, "there is not enough memory for this request", "the server",
                           "send fewer rows at a time"));
  } catch (const std::exception& problem_met) {
    return write(HttpError(500, "the request could not be answered", shown(problem_met.what(), 200),
                           "please report it with the request"));
  }
}

}  // namespace vitrine
