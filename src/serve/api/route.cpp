#include "serve/api/route.h"

#include <algorithm>

namespace vitrine::serve {

std::string_view path_of(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {  // absolute form
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

bool path_matches(const RequestContext& context, std::initializer_list<std::string_view> pattern) {
  return std::ranges::equal(
      context.path, pattern,
      [](const std::string& given, std::string_view one) { return one == "*" || given == one; });
}

bool allow_method(const RequestContext& context, std::string_view method) {
  const std::string_view sent = context.request.method;
  if (sent == method || (sent == "HEAD" && method == "GET")) return false;
  if (sent == "OPTIONS") return true;
  const std::string allow =
      std::string(method) + (method == "GET" ? ", HEAD, OPTIONS" : ", OPTIONS");
  throw HttpError(405, shown(sent, 20) + " is not allowed here",
                  shown(path_of(context.request.target)), "use " + std::string(method))
      .with("Allow", allow);
}

HttpResponse options_answer(std::string_view method) {
  HttpResponse response{204, "", ""};
  response.with("Allow", std::string(method) + (method == "GET" ? ", HEAD, OPTIONS" : ", OPTIONS"));
  return response;
}

HttpResponse json_answer(const Json& json) { return {.body = text_of(json)}; }

HttpError no_such_path(const RequestContext& context) {
  return {404, "there is no such path", shown(path_of(context.request.target)),
          "use /ping, /predict, /models, /models/NAME, /models/NAME/predict, /livez, /readyz, "
          "/metrics, /openapi.json, /v2/... or /v1/models/..."};
}

}  // namespace vitrine::serve
