// Helpers for the files that dispatch by path.
#pragma once

#include <initializer_list>
#include <string_view>

#include "serve/api/http_error.h"
#include "serve/api/request_context.h"

namespace vitrine::serve {

/// The path of a request target in origin or absolute form (RFC 9112, 3.2), without its query.
std::string_view path_of(std::string_view target);

/// Whether the path consists of exactly these parts; `*` matches any part.
bool path_matches(const RequestContext& context, std::initializer_list<std::string_view> pattern);

/// Throws HttpError(405) unless the request's method is `method` (GET includes HEAD) or OPTIONS.
/// Returns true for OPTIONS: then return options_answer().
bool allow_method(const RequestContext& context, std::string_view method);

/// The response to OPTIONS of a path that allows `method`.
HttpResponse options_answer(std::string_view method);

/// The response to GET, HEAD and OPTIONS; `make` is called for GET and HEAD.
template <typename Make>
HttpResponse answer_get(const RequestContext& context, Make make) {
  return allow_method(context, "GET") ? options_answer("GET") : make();
}

HttpResponse json_answer(const Json& json);

/// A 404 that lists the existing paths.
HttpError no_such_path(const RequestContext& context);

}  // namespace vitrine::serve
