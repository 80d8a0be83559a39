#include "serve/api/services.h"

#include <algorithm>
#include <charconv>
#include <new>

#include "base/text.h"
#include "serve/api/grpc_adapter.h"
#include "serve/api/http_error.h"
#include "serve/api/openapi.h"
#include "serve/api/route.h"

namespace vitrine::serve {
namespace {

std::string text_line(const Json& json) { return to_text(json) + "\n"; }

/// Throws HttpError(404) with the versions and labels that exist.
[[noreturn]] void no_such_version(const CatalogueEntry& entry, std::string_view name,
                                  std::string_view version, bool label) {
  std::vector<std::string> known = entry.version_names();
  for (const auto& [one, target] : entry.routing.labels) known.push_back("'" + one + "'");
  throw HttpError(404,
                  "the model '" + std::string(name) + "' has no " +
                      (label ? "label '" : "version '") + shown(version) + "'",
                  "the path", "there are " + listed(known));
}

void add_cors(const ApiOptions& options, const RequestContext& context, HttpResponse& response) {
  const std::string_view origin = context.request.header("Origin");
  if (origin.empty() || options.cors_origins.empty()) return;
  const bool any = std::ranges::contains(options.cors_origins, "*");
  if (!any && !std::ranges::contains(options.cors_origins, origin)) return;
  response.with("Access-Control-Allow-Origin", any ? "*" : std::string(origin));
  response.with("Vary", "Origin");
  response.with("Access-Control-Expose-Headers",
                "X-Request-Id, Retry-After, Vitrine-Model-Version");
  if (context.request.method != "OPTIONS") return;
  response.with("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS");
  response.with("Access-Control-Allow-Headers",
                "Authorization, Content-Type, X-API-Key, X-Request-Id, X-Request-Timeout");
  response.with("Access-Control-Max-Age", "600");
}

}  // namespace

std::string OpenApiCache::document(const Catalogue& catalogue, bool feedback) {
  const std::lock_guard lock(mutex_);
  if (generation_ != catalogue.generation) {
    text_ = text_line(openapi_document(catalogue, feedback));
    generation_ = catalogue.generation;
  }
  return text_;
}

HttpResponse json_answer(const Json& json) { return {.body = text_line(json)}; }

void choose_model(RequestContext& context, std::string_view name,
                  std::optional<std::string_view> version, bool label) {
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
  if (place == context.entry->versions.end()) {
    no_such_version(*context.entry, name, *version, label);
  }
  context.model = place->second;
}

void choose_model_of_path(RequestContext& context) {
  const std::string* label = context.part("label");
  const std::string* version = label != nullptr ? label : context.part("version");
  choose_model(context, *context.part("model"),
               version != nullptr ? std::optional<std::string_view>(*version) : std::nullopt,
               label != nullptr);
}

HttpResponse finish(Services& services, RequestContext& context, HttpResponse response) {
  context.times.total = services.scheduler.time().now() - context.ticket.arrived;
  response.headers.reserve(4);
  response.with("X-Request-Id", context.id);
  if (context.model) {
    response.with("Vitrine-Model-Version", std::to_string(context.model->version));
    response.with("Vitrine-Model-Digest", context.model->digest.substr(0, 16));
    response.served.model = context.model->name;
    response.served.version = context.model->version;
    if (context.inference) context.model->metrics->answered(response.status, context.times);
  }
  add_cors(services.options, context, response);
  response.served.request_id = context.id;
  response.served.trace_id = context.trace.trace_id;
  response.served.times = context.times;
  if (services.options.spans) {
    services.options.spans->send(
        {context.trace, context.request.method, path_of(context.request.target), response.status,
         response.served.model, response.served.version, context.began_unix_ns, context.times});
  }
  return response;
}

HttpResponse error_response(const RequestContext& context, const ProtocolAdapter* adapter,
                            std::exception_ptr failure) {
  const auto write = [&](const Error& error) {
    if (adapter != nullptr) return adapter->write_error(error);
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
