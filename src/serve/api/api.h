// The API of the server without a transport: from a request to its response, synchronous or
// asynchronous. docs/reference/http.md documents it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
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

/// Thread-safe.
class Api {
 public:
  /// `store`, `scheduler` and `metrics` must outlive it.
  Api(ModelStore& store, Scheduler& scheduler, telemetry::ServerMetrics& metrics,
      ApiOptions options);

  /// Returns the response, or nothing: then `done` gets the response on another thread, and the
  /// memory that the request refers to must live until then. Never throws: errors are responses.
  std::optional<HttpResponse> handle(HttpRequest request, CompletionCallback done);

  /// Checks a request whose body was not read yet. Returns the response that refuses it (401, 403,
  /// 404, 405, 415, 503, ...), or nothing: then read the body and call handle(), which checks
  /// again.
  std::optional<HttpResponse> refuse_by_head(HttpRequest head);

  /// From now on /readyz returns 503.
  void start_draining() { draining_ = true; }

  /// Stops scheduler and store. No callback is called after it returns.
  void stop_work();

  telemetry::ServerMetrics& metrics() { return metrics_; }
  Scheduler& scheduler() { return scheduler_; }

 private:
  using ContextPointer = std::shared_ptr<RequestContext>;
  using Answer = std::optional<HttpResponse>;

  std::shared_ptr<RequestContext> begin(HttpRequest request);
  void authorise(RequestContext& context);
  Answer dispatch(const ContextPointer& context, CompletionCallback& done);
  Answer dispatch_native(const ContextPointer& context, CompletionCallback& done);
  Answer dispatch_v1(const ContextPointer& context, CompletionCallback& done);
  Answer dispatch_v2(const ContextPointer& context, CompletionCallback& done);
  Answer dispatch_grpc(const ContextPointer& context, CompletionCallback& done);
  Answer dispatch_repository(const ContextPointer& context, CompletionCallback& done);
  Answer dispatch_admin(const ContextPointer& context, CompletionCallback& done);

  void choose(RequestContext& context, std::string_view name,
              std::optional<std::string_view> version = {}, bool label = false) const;
  Answer infer(const ContextPointer& context, std::shared_ptr<ProtocolAdapter> adapter,
               CompletionCallback& done);
  void infer_on_worker(const ContextPointer& context,
                       const std::shared_ptr<ProtocolAdapter>& adapter, CompletionCallback& done);
  void infer_photos(const ContextPointer& context, const std::shared_ptr<ProtocolAdapter>& adapter,
                    CompletionCallback& done);
  HttpResponse answer_now(RequestContext& context, ProtocolAdapter& adapter);
  void after_answer(const RequestContext& context, const ProtocolAdapter& adapter,
                    const InferenceRequest& inference, const engine::Predictions& predictions);
  HttpResponse too_busy(const HttpRequest& request) const;
  HttpResponse finish(RequestContext& context, HttpResponse response) const;
  HttpResponse fault(const RequestContext& context, const ProtocolAdapter* adapter,
                     std::exception_ptr failure) const;

  HttpResponse ready() const;
  HttpResponse list_models(const Catalogue& catalogue) const;
  HttpResponse metrics_page(const Catalogue& catalogue) const;
  HttpResponse openapi(const std::shared_ptr<const Catalogue>& catalogue);
  Answer administer(const ContextPointer& context, CompletionCallback& done, std::string_view verb);
  Answer change_repository(const ContextPointer& context, CompletionCallback& done, bool load);
  HttpResponse check_health(RequestContext& context, bool fine) const;
  HttpResponse model_ready(RequestContext& context, const std::string& name,
                           const std::string& version) const;

  ModelStore& store_;
  Scheduler& scheduler_;
  telemetry::ServerMetrics& metrics_;
  ApiOptions options_;
  std::atomic<bool> draining_{false};
  std::mutex openapi_mutex_;
  std::size_t openapi_generation_ = 0;
  std::string openapi_;
};

}  // namespace vitrine::serve
