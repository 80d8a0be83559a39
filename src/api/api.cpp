#include "api/api.h"

#include <algorithm>
#include <charconv>
#include <new>
#include <ranges>

#include "api/http_error.h"
#include "api/native.h"
#include "api/open_inference.h"
#include "api/openapi.h"
#include "api/shadow.h"
#include "api/tensorflow_serving.h"
#include "base/text.h"
#include "data/json_element.h"
#include "data/value.h"

namespace vitrine {
namespace {

/// Tables whose request is no larger are answered on the event loop: handing them to
/// another thread would take longer than the answer.
constexpr std::size_t kAtOnce = std::size_t{16} << 10;

std::string_view path_of(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {  // the absolute form
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

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

bool is(const Call& call, std::initializer_list<std::string_view> pattern) {
  return std::ranges::equal(call.path, pattern, [](const std::string& given, std::string_view one) {
    return one == "*" || given == one;
  });
}

/// Lets a method through or says which there are. OPTIONS is answered: true.
bool only(const Call& call, std::string_view method) {
  const std::string_view sent = call.request.method;
  if (sent == method || (sent == "HEAD" && method == "GET")) return false;
  if (sent == "OPTIONS") return true;
  const std::string allow =
      std::string(method) + (method == "GET" ? ", HEAD, OPTIONS" : ", OPTIONS");
  throw HttpError(405, shown(sent, 20) + " is not allowed here",
                  shown(path_of(call.request.target)), "use " + std::string(method))
      .with("Allow", allow);
}

HttpResponse options_answer(std::string_view method) {
  HttpResponse response{204, "", ""};
  response.with("Allow", std::string(method) + (method == "GET" ? ", HEAD, OPTIONS" : ", OPTIONS"));
  return response;
}

/// The answer to GET (and HEAD and OPTIONS).
template <typename Make>
HttpResponse got(const Call& call, Make make) {
  return only(call, "GET") ? options_answer("GET") : make();
}

/// What an operator sends: JSON of a few keys, or nothing. Null for what is none.
Json small_json(std::string_view body) {
  constexpr std::size_t kMost = 16 << 10;
  if (body.size() > kMost) {
    throw HttpError(413, "the body is larger than " + with_commas(kMost) + " bytes", "the request",
                    "send a small JSON object");
  }
  if (trimmed(body).empty()) return {};
  JsonParser().parse(body);  // bounds its depth
  return Json::parse(body, nullptr, false);
}

/// Asks a model, and is no operator's call.
bool is_question(const HttpRequest& request) {
  return request.method == "POST" && !request.admin_socket &&
         !request.target.starts_with("/admin") && !request.target.starts_with("/v2/repository");
}

HttpResponse json_answer(const Json& json) { return {.body = text_of(json)}; }

HttpError no_such_path(const Call& call) {
  return {
      404, "there is no such path", shown(path_of(call.request.target)),
      "there are /ping, /predict, /models, /models/NAME, /models/NAME/predict, /livez, /readyz, "
      "/metrics, /openapi.json, /v2/... and /v1/models/..."};
}

}  // namespace

Api::Api(ModelStore& store, Scheduler& scheduler, ServerMetrics& metrics, ApiOptions options)
    : store_(store), scheduler_(scheduler), metrics_(metrics), options_(std::move(options)) {}

std::optional<HttpResponse> Api::handle(HttpRequest request, Later later) {
  if (scheduler_.too_late(request.arrived) && is_question(request)) return too_busy(request);
  auto call = begin(std::move(request));
  try {
    const std::string_view timeout = call->request.header("X-Request-Timeout");
    if (!timeout.empty()) call->ticket.deadline = call->ticket.arrived + parse_timeout(timeout);
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

/// Where requests wait too long for an event loop, a refusal must cost next to nothing: it is sent
/// before anything is made of the request.
HttpResponse Api::too_busy(const HttpRequest& request) const {
  static const HttpResponse answers[] = {
      problem(Refusal(Refusal::Reason::overloaded, std::chrono::seconds(1))),
      plain_error(Refusal(Refusal::Reason::overloaded, std::chrono::seconds(1)))};
  metrics_.rejected("overloaded");
  const bool plain = request.target.starts_with("/v1/") || request.target.starts_with("/v2/");
  return answers[plain ? 1 : 0];
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
  if (call.path.size() == 1 && (first == "ping" || first == "livez" || first == "readyz")) return;
  if (call.path.size() == 3 && first == "v2" && call.path[1] == "health") return;
  std::string_view key = call.request.header("X-API-Key");
  const std::string_view authorization = call.request.header("Authorization");
  if (key.empty() && lower_ascii(authorization.substr(0, 7)) == "bearer ") {
    key = trimmed(authorization.substr(7));
  }
  const auto caller = key.empty() ? nullptr : options_.keys->find(key);
  if (!caller) {
    throw HttpError(401, key.empty() ? "there is no API key" : "the API key is not known",
                    "the request's header", "send it as 'Authorization: Bearer KEY'")
        .with("WWW-Authenticate", "Bearer");
  }
  call.caller = caller->name;
  call.admin = caller->admin;
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
  if (first == "v2") return dispatch_v2(call, later);
  if (first == "v1") return dispatch_v1(call, later);
  if (first == "admin") return dispatch_admin(call, later);
  return dispatch_native(call, later);
}

Api::Answer Api::dispatch_native(const CallPointer& call, Later& later) {
  const Catalogue& catalogue = *call->catalogue;
  if (is(*call, {"ping"})) {
    return got(*call, [] { return HttpResponse{200, "text/plain; charset=utf-8", "PONG"}; });
  }
  if (is(*call, {"livez"}) || is(*call, {""})) {  // KServe's v1 clients ask "/"
    return got(*call, [] { return HttpResponse{.body = "{\"status\":\"alive\"}\n"}; });
  }
  if (is(*call, {"readyz"})) return got(*call, [&] { return ready(); });
  if (is(*call, {"metrics"})) return got(*call, [&] { return metrics_page(catalogue); });
  if (is(*call, {"openapi.json"})) return got(*call, [&] { return openapi(call->catalogue); });
  if (is(*call, {"models"})) return got(*call, [&] { return list_models(catalogue); });
  const bool asked = call->path.back() == "predict";
  if (is(*call, {"predict"})) {
    if (only(*call, "POST")) return options_answer("POST");
    if (catalogue.entries.empty()) {
      throw HttpError(404, "there is no model yet", "the server", "load one");
    }
    choose(*call, catalogue.entries[0].name);
  } else if (is(*call, {"models", "*"}) || is(*call, {"models", "*", "predict"})) {
    choose(*call, call->path[1]);
  } else if (is(*call, {"models", "*", "versions", "*"}) ||
             is(*call, {"models", "*", "versions", "*", "predict"})) {
    choose(*call, call->path[1], call->path[3]);
  } else if (is(*call, {"models", "*", "labels", "*", "predict"})) {
    choose(*call, call->path[1], call->path[3], /*label=*/true);
  } else {
    throw no_such_path(*call);
  }
  if (!asked || is(*call, {"models", "predict"})) {
    return got(*call, [&] {
      return json_answer({{"name", call->model->name},
                          {"version", std::to_string(call->model->version)},
                          {"sha256", call->model->digest},
                          {"engine", call->model->engine()},
                          {"card", call->model->card_json}});
    });
  }
  if (only(*call, "POST")) return options_answer("POST");
  return ask(call, native_exchange(*call, options_.urls), later);
}

Api::Answer Api::dispatch_v2(const CallPointer& call, Later& later) {
  if (is(*call, {"v2"})) return got(*call, [] { return json_answer(open_inference_server()); });
  if (is(*call, {"v2", "health", "live"})) {
    return got(*call, [] { return json_answer({{"live", true}}); });
  }
  if (is(*call, {"v2", "health", "ready"})) {
    return got(*call, [&] {
      const bool fine = store_.ready() && !draining_;
      HttpResponse response = json_answer({{"ready", fine}});
      if (!fine) response.status = 503;
      return response;
    });
  }
  if (is(*call, {"v2", "models"})) {
    return got(*call, [&] { return json_answer({{"models", call->catalogue->names()}}); });
  }
  if (call->path.size() >= 2 && call->path[1] == "repository")
    return dispatch_repository(call, later);
  if (call->path.size() < 3 || call->path[1] != "models") throw no_such_path(*call);
  const bool versioned = call->path.size() >= 5 && call->path[3] == "versions";
  choose(*call, call->path[2], versioned ? std::optional(call->path[4]) : std::nullopt);
  const std::size_t rest = versioned ? 5 : 3;
  const std::string verb = call->path.size() == rest ? "" : call->path[rest];
  if (call->path.size() > rest + 1) throw no_such_path(*call);
  const ServedModel& model = *call->model;
  if (verb.empty()) {
    return got(*call, [&] { return json_answer(open_inference_model(*call->entry, model)); });
  }
  if (verb == "ready") {
    return got(*call, [&] { return json_answer({{"name", model.name}, {"ready", true}}); });
  }
  if (verb == "config")
    return got(*call, [&] { return json_answer(open_inference_config(model)); });
  if (verb != "infer") throw no_such_path(*call);
  if (only(*call, "POST")) return options_answer("POST");
  return ask(call, open_inference_exchange(), later);
}

Api::Answer Api::dispatch_repository(const CallPointer& call, Later& later) {
  if (is(*call, {"v2", "repository", "index"})) {
    if (only(*call, "POST")) return options_answer("POST");
    const Json wish = small_json(call->request.body);
    const bool ready_only = wish.is_object() && wish.value("ready", Json(false)) == true;
    return json_answer(repository_index(*call->catalogue, ready_only));
  }
  if (!is(*call, {"v2", "repository", "models", "*", "load"}) &&
      !is(*call, {"v2", "repository", "models", "*", "unload"})) {
    throw no_such_path(*call);
  }
  if (only(*call, "POST")) return options_answer("POST");
  return administer(call, later, call->path[4]);
}

Api::Answer Api::dispatch_v1(const CallPointer& call, Later& later) {
  if (call->path.size() < 2 || call->path[1] != "models") throw no_such_path(*call);
  if (call->path.size() == 2) {
    return got(*call, [&] { return json_answer({{"models", call->catalogue->names()}}); });
  }
  // The verb stands behind a colon: NAME:predict, NAME/versions/3:predict.
  std::string& last = call->path.back();
  const std::size_t colon = last.rfind(':');
  const std::string verb = colon == std::string::npos ? "" : last.substr(colon + 1);
  if (colon != std::string::npos) last.resize(colon);
  const bool metadata = verb.empty() && call->path.size() > 3 && last == "metadata";
  if (metadata) call->path.pop_back();
  const bool pinned =
      call->path.size() == 5 && (call->path[3] == "versions" || call->path[3] == "labels");
  if (call->path.size() != 3 && !pinned) throw no_such_path(*call);
  choose(*call, call->path[2], pinned ? std::optional(call->path[4]) : std::nullopt,
         pinned && call->path[3] == "labels");
  if (verb == "predict") {
    if (only(*call, "POST")) return options_answer("POST");
    return ask(call, tensorflow_exchange(), later);
  }
  if (!verb.empty()) {
    throw HttpError(404, "':" + shown(verb) + "' is not spoken here",
                    shown(path_of(call->request.target)), "use :predict");
  }
  return got(*call, [&] {
    return json_answer(metadata
                           ? tensorflow_metadata(*call->model)
                           : tensorflow_status(*call->entry, pinned ? call->model.get() : nullptr));
  });
}

Api::Answer Api::dispatch_admin(const CallPointer& call, Later& later) {
  if (is(*call, {"admin", "reload"})) {
    if (only(*call, "POST")) return options_answer("POST");
    return administer(call, later, "reload");
  }
  if (is(*call, {"admin", "models", "*", "load"}) ||
      is(*call, {"admin", "models", "*", "unload"})) {
    if (only(*call, "POST")) return options_answer("POST");
    call->path = {"v2", "repository", "models", call->path[2], call->path[3]};
    return administer(call, later, call->path[4]);
  }
  if (is(*call, {"admin", "models", "*", "routing"})) {
    if (only(*call, "PUT")) return options_answer("PUT");
    return administer(call, later, "routing");
  }
  throw HttpError(404, "there is no such path", shown(path_of(call->request.target)),
                  "there are POST /admin/reload, POST /admin/models/NAME/load, .../unload and PUT "
                  ".../routing");
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
    call.model = call.request.method == "POST" ? call.entry->pick() : call.entry->current();
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
  Ticket& ticket = call->ticket;
  try {
    if (const auto timeout = exchange->timeout(call->request)) {
      ticket.deadline = std::min(ticket.deadline, ticket.arrived + *timeout);
    }
    const ServedModel& model = *call->model;
    if (model.predictor && call->request.body.size() <= kAtOnce) {
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
    scheduler_.submit(std::shared_ptr<ModelLoad>(call->model, call->model->load.get()),
                      call->ticket, [this, call, exchange, taken](const Refusal* refusal) {
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
          *question = exchange->read(*call->model, call->request);
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
    Question question = exchange.read(model, call.request);
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
  response.with("X-Request-Id", call.id);
  if (call.model) {
    response.with("Vitrine-Model-Version", std::to_string(call.model->version));
    response.with("Vitrine-Model-Digest", call.model->digest.substr(0, 16));
    response.served.model = call.model->name;
    response.served.version = call.model->version;
    if (call.request.method == "POST") call.model->metrics->answered(response.status, call.times);
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
  const bool plain = call.path[0] == "v1" || call.path[0] == "v2";
  const auto write = [&](const Error& error) {
    if (exchange != nullptr) return exchange->fault(error);
    return plain ? plain_error(error) : problem(error);
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

HttpResponse Api::ready() const {
  const auto catalogue = store_.catalogue();
  const bool fine = store_.ready() && !draining_;
  Json json{{"status", draining_ ? "stopping"
                       : fine    ? "ready"
                                 : "not ready"},
            {"models", Json::object()}};
  for (const CatalogueEntry& entry : catalogue->entries) {
    Json& one = json["models"][entry.name];
    one["status"] = entry.versions.empty() ? "not ready" : "ready";
    one["versions"] = Json::array();
    for (const auto& [number, model] : entry.versions)
      one["versions"].push_back(std::to_string(number));
    if (!entry.fault.empty()) one["fault"] = entry.fault;
  }
  return {fine ? 200U : 503U, "application/json", text_of(json)};
}

HttpResponse Api::list_models(const Catalogue& catalogue) const {
  Json json{{"default", catalogue.entries.empty() ? Json() : Json(catalogue.entries[0].name)},
            {"models", Json::array()}};
  for (const CatalogueEntry& entry : catalogue.entries) {
    Json one{{"name", entry.name}};
    if (const auto model = entry.current()) {
      one["task"] = model->task();
      if (model->card) {
        one["algorithm"] = model->card->algorithm;
        one["target"] = model->card->schema.target.key;
        one["classes"] = model->card->schema.target.class_names();
      }
      one["engine"] = model->engine();
      one["version"] = std::to_string(model->version);
      one["sha256"] = model->digest;
    }
    one["versions"] = Json::array();
    for (const auto& [number, model] : entry.versions)
      one["versions"].push_back(std::to_string(number));
    if (!entry.routing.labels.empty()) one["labels"] = entry.routing.labels;
    if (entry.routing.canary != 0) {
      one["canary"] = {{"version", entry.routing.canary},
                       {"percent", entry.routing.canary_percent}};
    }
    if (entry.routing.shadow != 0) one["shadow"] = entry.routing.shadow;
    if (!entry.fault.empty()) one["fault"] = entry.fault;
    one["card"] = "/models/" + entry.name;
    one["predict"] = "/models/" + entry.name + "/predict";
    json["models"].push_back(std::move(one));
  }
  return json_answer(json);
}

HttpResponse Api::metrics_page(const Catalogue& catalogue) const {
  for (const CatalogueEntry& entry : catalogue.entries) {
    for (const auto& [number, model] : entry.versions) {
      if (model->drift) model->drift->tell(*model->metrics);
    }
  }
  return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text()};
}

HttpResponse Api::openapi(const std::shared_ptr<const Catalogue>& catalogue) {
  const std::lock_guard lock(openapi_mutex_);
  if (openapi_generation_ != catalogue->generation) {
    openapi_ = text_of(openapi_document(*catalogue));
    openapi_generation_ = catalogue->generation;
  }
  return {.body = openapi_};
}

namespace {

/// `{"labels": {"stable": 1}, "canary": {"version": 2, "percent": 10}, "shadow": 3}`
Routing routing_of(std::string_view body) {
  const Json json = small_json(body);
  const auto refuse = [](const std::string& what) {
    throw Error(
        ErrorKind::bad_input, what, "the request",
        R"(send {"labels": {"stable": 1}, "canary": {"version": 2, "percent": 10}, "shadow": 3})");
  };
  const auto number = [&](const Json& value, const std::string& what) {
    if (!value.is_number_unsigned()) refuse(what + " is no version");
    return value.get<std::uint64_t>();
  };
  if (!json.is_object()) refuse("the body is no JSON object");
  Routing routing;
  for (const auto& [key, value] : json.items()) {
    if (key == "labels" && value.is_object()) {
      for (const auto& [label, version] : value.items()) {
        routing.labels[label] = number(version, "the label '" + shown(label) + "'");
      }
    } else if (key == "canary" && value.is_object() && value.contains("version") &&
               value.value("percent", Json()).is_number()) {
      routing.canary = number(value["version"], "the canary");
      routing.canary_percent = value["percent"].get<double>();
    } else if (key == "shadow") {
      routing.shadow = number(value, "the shadow");
    } else {
      refuse("'" + shown(key) + "' is not understood");
    }
  }
  return routing;
}

}  // namespace

Api::Answer Api::administer(const CallPointer& call, Later& later, std::string_view verb) {
  if (!call->admin) {
    throw HttpError(
        403, "only an administrator may do this", shown(path_of(call->request.target)),
        "send a key that is marked admin in the file of --api-keys, or use --admin-socket");
  }
  if (verb == "routing") {
    store_.route(call->path[2], routing_of(call->request.body));
    return json_answer({{"routed", call->path[2]}});
  }
  auto taken = std::make_shared<Later>(std::move(later));
  if (verb == "reload") {
    store_.refresh([this, call, taken] {
      Json faults = Json::object();
      for (const CatalogueEntry& entry : store_.catalogue()->entries) {
        if (!entry.fault.empty()) faults[entry.name] = entry.fault;
      }
      HttpResponse response = json_answer({{"reloaded", faults.empty()}, {"faults", faults}});
      if (!faults.empty()) response.status = 422;
      (*taken)(finish(*call, std::move(response)));
    });
    return std::nullopt;
  }
  const std::string name = call->path[3];
  const auto done = [this, call, taken, name](const std::optional<Error>& failure) {
    HttpResponse response = json_answer({{"name", name}});
    if (failure) response = fault(*call, nullptr, std::make_exception_ptr(*failure));
    (*taken)(finish(*call, std::move(response)));
  };
  if (verb == "load") {
    store_.load(name, done);
  } else {
    store_.unload(name, done);
  }
  return std::nullopt;
}

}  // namespace vitrine
