// What the handlers of all routes share: the served models, the options, and the ways to end a
// request.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/fetch.h"
#include "serve/api/api_keys.h"
#include "serve/api/protocol_adapter.h"
#include "serve/api/request_context.h"
#include "serve/models/model_store.h"
#include "serve/models/prediction_log.h"
#include "telemetry/span_sender.h"

namespace vitrine::serve {

struct ApiOptions {
  net::FetchPolicy urls;          ///< hosts from which photos may be fetched; none by default
  std::shared_ptr<ApiKeys> keys;  ///< null: inference needs no key, admin calls only --admin-socket
  std::vector<std::string> cors_origins;         ///< origins of allowed web pages; `*`: any
  std::shared_ptr<PredictionLog> predictions;    ///< null: predictions are not logged
  std::shared_ptr<telemetry::SpanSender> spans;  ///< null: no traces
};

/// The OpenAPI document of the last catalogue that was asked for. `feedback` (openapi_document())
/// is the same in all calls. Thread-safe.
class OpenApiCache {
 public:
  std::string document(const Catalogue& catalogue, bool feedback);

 private:
  std::mutex mutex_;
  std::size_t generation_ = 0;
  std::string text_;
};

/// Thread-safe.
struct Services {
  ModelStore& store;
  Scheduler& scheduler;
  telemetry::ServerMetrics& metrics;
  ApiOptions options;
  std::atomic<bool> draining{false};
  OpenApiCache openapi;

  bool ready() const { return store.ready() && !draining; }
};

HttpResponse json_answer(const Json& json);

/// Sets entry and model of the context. `version`: a number, or with `label` a label; without it
/// the routing decides. Throws HttpError(404), or (503) for a model that failed to load.
void choose_model(RequestContext& context, std::string_view name,
                  std::optional<std::string_view> version = {}, bool label = false);

/// The model that the path names, by its parts `model` and `version` or `label`.
void choose_model_of_path(RequestContext& context);

/// Adds the headers that all responses have, and records metrics and the span.
HttpResponse finish(Services& services, RequestContext& context, HttpResponse response);

/// The response to an exception, in the form of the protocol: the adapter's, or if that is null the
/// one that the path belongs to. Never throws.
HttpResponse error_response(const RequestContext& context, const ProtocolAdapter* adapter,
                            std::exception_ptr failure);

}  // namespace vitrine::serve
