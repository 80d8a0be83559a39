// What the files that find paths have in common.
#pragma once

#include <initializer_list>
#include <string_view>

#include "api/call.h"
#include "api/http_error.h"

namespace vitrine {

/// The path of a request's target, whole or in the absolute form, without its query.
std::string_view path_of(std::string_view target);

/// Whether the path has just these parts; `*` stands for any.
bool is(const Call& call, std::initializer_list<std::string_view> pattern);

/// Lets a method through or throws HttpError(405). OPTIONS is to be answered: true.
bool only(const Call& call, std::string_view method);

/// The answer to OPTIONS where `method` is let through.
HttpResponse options_answer(std::string_view method);

/// The answer to GET, HEAD and OPTIONS.
template <typename Make>
HttpResponse got(const Call& call, Make make) {
  return only(call, "GET") ? options_answer("GET") : make();
}

HttpResponse json_answer(const Json& json);

/// 404 that names what there is.
HttpError no_such_path(const Call& call);

}  // namespace vitrine
