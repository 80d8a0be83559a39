// One request on its way through the API.
#pragma once

#include <optional>

#include "api/http_message.h"
#include "host/catalogue.h"
#include "telemetry/trace_context.h"

namespace vitrine {

struct Call {
  HttpRequest request;
  std::vector<std::string> path;  ///< decoded, cut at the slashes
  std::string query;              ///< as sent, without the '?'
  std::shared_ptr<const Catalogue> catalogue;
  Ticket ticket;
  TraceContext trace;
  std::string id;
  std::string caller;  ///< the name of the API key; empty without one
  bool admin = false;
  bool head_only = false;  ///< the body is not there yet: nothing is to be done but to refuse

  // Found on the way.
  const CatalogueEntry* entry = nullptr;
  std::shared_ptr<const ServedModel> model;
  StageTimes times;
  std::int64_t began_unix_ns = 0;  ///< for spans

  /// The decoded value of `name` in the query; nothing if it is not there.
  std::optional<std::string> parameter(std::string_view name) const;
};

/// `%2D` -> `-`. What is no escape stays as it is.
std::string percent_decoded(std::string_view text);

/// `application/json` of `Application/JSON; charset=utf-8`.
std::string media_type(std::string_view content_type);

/// A deadline as X-Request-Timeout sends it: `2`, `2s`, `1.5s` or `300ms`. Throws
/// Error(malformed) for anything else.
Duration parse_timeout(std::string_view text);

/// JSON as one line; bytes that are no UTF-8 are replaced.
std::string text_of(const Json& json);

}  // namespace vitrine
