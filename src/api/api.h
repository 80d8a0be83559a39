// What the server answers, apart from how bytes reach it: a request in, an answer out, at
// once or later. docs/http.md is its page.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/api_keys.h"
#include "api/call.h"
#include "api/exchange.h"
#include "host/model_store.h"
#include "host/prediction_log.h"
#include "net/fetch.h"
#include "telemetry/span_sender.h"

namespace vitrine {

struct ApiOptions {
  FetchPolicy urls;               ///< hosts that photos may be fetched from; none by default
  std::shared_ptr<ApiKeys> keys;  ///< null: everybody may ask, nobody may administer
  std::vector<std::string> cors_origins;       ///< pages of other hosts that may ask; `*`: any
  std::shared_ptr<PredictionLog> predictions;  ///< null: none are kept
  std::shared_ptr<SpanSender> spans;           ///< null: none are sent
};

/// Thread-safe.
class Api {
 public:
  /// All parts outlive it.
  Api(ModelStore& store, Scheduler& scheduler, ServerMetrics& metrics, ApiOptions options);

  /// Answers at once, or nothing: then `later` gets the answer on another thread, and what
  /// the request looks at must stay until then. Never throws: every error is an answer.
  std::optional<HttpResponse> handle(HttpRequest request, Later later);

  /// The refusal of a request whose header is all that is there yet (401, 403, 404, 405, 415, 503,
  /// ...), or nothing: then its body is worth reading, and handle() has the last word.
  std::optional<HttpResponse> refuse_by_head(HttpRequest head);

  /// From now on /readyz says 503.
  void start_draining() { draining_ = true; }

  /// Ends all work behind the API: no answer comes later from now on.
  void stop_work();

  ServerMetrics& metrics() { return metrics_; }
  Scheduler& scheduler() { return scheduler_; }

 private:
  using CallPointer = std::shared_ptr<Call>;
  using Answer = std::optional<HttpResponse>;

  std::shared_ptr<Call> begin(HttpRequest request);
  void authorise(Call& call);
  Answer dispatch(const CallPointer& call, Later& later);
  Answer dispatch_native(const CallPointer& call, Later& later);
  Answer dispatch_v1(const CallPointer& call, Later& later);
  Answer dispatch_v2(const CallPointer& call, Later& later);
  Answer dispatch_grpc(const CallPointer& call, Later& later);
  Answer dispatch_repository(const CallPointer& call, Later& later);
  Answer dispatch_admin(const CallPointer& call, Later& later);

  void choose(Call& call, std::string_view name, std::optional<std::string_view> version = {},
              bool label = false) const;
  Answer ask(const CallPointer& call, std::shared_ptr<Exchange> exchange, Later& later);
  void ask_on_worker(const CallPointer& call, const std::shared_ptr<Exchange>& exchange,
                     Later& later);
  void ask_photos(const CallPointer& call, const std::shared_ptr<Exchange>& exchange, Later& later);
  HttpResponse answer_now(Call& call, Exchange& exchange);
  void after_answer(const Call& call, const Exchange& exchange, const Question& question,
                    const Predictions& predictions);
  HttpResponse too_busy(const HttpRequest& request) const;
  HttpResponse finish(Call& call, HttpResponse response) const;
  HttpResponse fault(const Call& call, const Exchange* exchange, std::exception_ptr failure) const;

  HttpResponse ready() const;
  HttpResponse list_models(const Catalogue& catalogue) const;
  HttpResponse metrics_page(const Catalogue& catalogue) const;
  HttpResponse openapi(const std::shared_ptr<const Catalogue>& catalogue);
  Answer administer(const CallPointer& call, Later& later, std::string_view verb);
  Answer change_repository(const CallPointer& call, Later& later, bool load);
  HttpResponse check_health(Call& call, bool fine) const;
  HttpResponse model_ready(Call& call, const std::string& name, const std::string& version) const;

  ModelStore& store_;
  Scheduler& scheduler_;
  ServerMetrics& metrics_;
  ApiOptions options_;
  std::atomic<bool> draining_{false};
  std::mutex openapi_mutex_;
  std::size_t openapi_generation_ = 0;
  std::string openapi_;
};

}  // namespace vitrine
