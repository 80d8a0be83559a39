// The API of the server without a transport: from a request to its response, synchronous or
// asynchronous. docs/reference/http.md documents it.
#pragma once

#include <memory>
#include <optional>

#include "serve/api/route.h"
#include "serve/api/services.h"

namespace vitrine::serve {

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
  void start_draining() { services_.draining = true; }

  /// Stops scheduler and store. No callback is called after it returns.
  void stop_work();

  telemetry::ServerMetrics& metrics() { return services_.metrics; }
  Scheduler& scheduler() { return services_.scheduler; }

 private:
  std::shared_ptr<RequestContext> begin(HttpRequest request) const;
  void authenticate(RequestContext& context);
  Answer dispatch(const ContextPointer& context, CompletionCallback& done);
  HttpResponse too_busy(const HttpRequest& request) const;

  Services services_;
};

}  // namespace vitrine::serve
