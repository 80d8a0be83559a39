// The state of a request in the API.
#pragma once

#include <optional>

#include "serve/api/http_message.h"
#include "serve/api/route.h"
#include "serve/models/catalogue.h"
#include "telemetry/trace_context.h"

namespace vitrine::serve {

struct RequestContext {
  HttpRequest request;
  RouteMatch match;   ///< what the route table says about the request
  std::string query;  ///< as sent, without the '?'
  std::shared_ptr<const Catalogue> catalogue;
  Ticket ticket;
  telemetry::TraceContext trace;
  std::string id;
  std::string caller;  ///< the name of the API key; empty without one
  bool admin = false;
  bool inference = false;  ///< an inference request, by its route
  bool head_only = false;  ///< the body was not read yet: only check whether to refuse

  // Set while the request is handled.
  const CatalogueEntry* entry = nullptr;
  std::shared_ptr<const ServedModel> model;
  telemetry::StageTimes times;
  std::int64_t began_unix_ns = 0;  ///< for spans

  /// The decoded value of `name` in the query; nothing if it is not there.
  std::optional<std::string> parameter(std::string_view name) const;
  /// The part of the path that the route's pattern calls `name`; nullptr if it has none.
  const std::string* part(std::string_view name) const;
};

/// Decodes `%2D` to `-`. Invalid escapes stay unchanged.
std::string percent_decoded(std::string_view text);

/// The media type without parameters, in lower case: `application/json` for
/// `Application/JSON; charset=utf-8`.
std::string media_type(std::string_view content_type);

/// Parses the header X-Request-Timeout: `2`, `2s`, `1.5s` or `300ms`; at most a day. Throws
/// Error(malformed) for anything else.
Duration parse_timeout(std::string_view text);

}  // namespace vitrine::serve
