// The route table: which method and path run which handler, who may call it, whether the call is
// inference, and how OpenAPI describes it. Dispatch, authentication, load shedding, the texts of
// 404 and 405 and OpenAPI read it, so that a new path is one more row (routes.cpp) and its handler.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "serve/api/http_error.h"
#include "serve/api/http_message.h"

namespace vitrine::serve {

struct RequestContext;
struct Services;
using ContextPointer = std::shared_ptr<RequestContext>;

/// The response, or nothing: then the callback gets it on another thread.
using Answer = std::optional<HttpResponse>;

/// Called on an event loop. Either returns the response, or takes the callback (moves from it) and
/// returns nothing. Throws Error, which becomes a response; the callback is then still the
/// caller's.
using Handler = Answer (*)(Services&, const ContextPointer&, CompletionCallback&);

/// From the least strict to the strictest.
enum class Access {
  anyone,         ///< needs no API key: probes and the files of the web page
  optional_key,   ///< needs no API key, but reveals more with one
  key,            ///< needs a key, if the server has keys
  administrator,  ///< needs a key that is marked admin, or the admin socket
};

struct Route {
  std::string_view method;  ///< GET answers HEAD too; empty: any
  /// `/models/{model}/predict`. A segment may also be `{model}:predict` or `{model}:{verb}`.
  std::string_view pattern;
  Access access;
  bool inference;  ///< counted by the model's metrics, sent to a canary, shed under load
  Handler handler;
  /// Of the operation in OpenAPI. Empty: not described by this row (calls with a body are described
  /// in openapi.cpp).
  std::string_view id = {};
  std::string_view summary = {};  ///< in OpenAPI; `{model}` stands for the model's name
  std::string_view media_type = "application/json";  ///< of the response, in OpenAPI
};

/// All HTTP paths. The first pattern that matches a path wins.
std::span<const Route> http_routes();
/// The calls over gRPC: `/inference.GRPCInferenceService/ModelInfer`. Their method is empty.
std::span<const Route> grpc_routes();

/// What the table says about a request.
struct RouteMatch {
  const Route* route = nullptr;  ///< null: no such path, or another method
  Access access = Access::key;   ///< of the path: the strictest of its routes
  std::string allow;  ///< the path's methods, as in the header Allow; empty: no such path
  /// The values of the pattern's names, decoded: {"model", "churn"}.
  std::vector<std::pair<std::string_view, std::string>> parts;
};

/// Thread-safe.
RouteMatch match_route(const HttpRequest& request);

/// The path of a request target in origin or absolute form (RFC 9112, 3.2), without its query.
std::string_view path_of(std::string_view target);

/// The error for a request that matches no route: 404 with the paths that exist (of /v1, /v2 or
/// /admin if the path begins so, else the others), 405 with the methods that are allowed, for gRPC
/// 501.
HttpError no_such_route(const HttpRequest& request, const RouteMatch& match);

/// The response to OPTIONS.
HttpResponse options_answer(const std::string& allow);

}  // namespace vitrine::serve
