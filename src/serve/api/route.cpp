#include "serve/api/route.h"

#include <algorithm>
#include <ranges>

#include "base/text.h"
#include "serve/api/grpc_adapter.h"
#include "serve/api/request_context.h"

namespace vitrine::serve {
namespace {

/// One segment of a pattern: `text`, `{name}`, `{name}:text` or `{name}:{other}`.
struct Segment {
  std::string_view name;   ///< empty: the segment equals `text`
  std::string_view other;  ///< the name behind the last colon
  std::string_view text;   ///< without a name the whole segment; with one, its end after the colon
  bool colon = false;
};

Segment read_segment(std::string_view pattern) {
  if (!pattern.starts_with('{')) return {.text = pattern};
  const std::size_t end = pattern.find('}');
  Segment out{.name = pattern.substr(1, end - 1)};
  std::string_view rest = pattern.substr(end + 1);
  if (rest.empty()) return out;
  out.colon = true;
  rest.remove_prefix(1);
  if (rest.starts_with('{')) {
    out.other = rest.substr(1, rest.size() - 2);
  } else {
    out.text = rest;
  }
  return out;
}

using Parts = std::vector<std::pair<std::string_view, std::string>>;

bool segment_matches(const Segment& segment, const std::string& given, Parts& parts) {
  if (segment.name.empty()) return given == segment.text;
  if (!segment.colon) {
    parts.emplace_back(segment.name, given);
    return true;
  }
  const std::size_t colon = given.rfind(':');
  if (colon == std::string::npos) return false;
  const std::string_view last = std::string_view(given).substr(colon + 1);
  if (segment.other.empty() && last != segment.text) return false;
  parts.emplace_back(segment.name, given.substr(0, colon));
  if (!segment.other.empty()) parts.emplace_back(segment.other, last);
  return true;
}

/// The routes of one pattern, which differ by method.
struct Path {
  std::vector<Segment> segments;
  std::vector<const Route*> routes;
  std::string allow;
  Access access = Access::anyone;  ///< the strictest of the routes

  bool matches(const std::vector<std::string>& path, Parts& parts) const {
    parts.clear();
    return path.size() == segments.size() &&
           std::ranges::equal(path, segments, [&](const std::string& given, const Segment& one) {
             return segment_matches(one, given, parts);
           });
  }
};

std::vector<Path> paths_of(std::span<const Route> routes) {
  std::vector<Path> paths;
  for (const Route& route : routes) {
    auto same = std::ranges::find(paths, route.pattern,
                                  [](const Path& one) { return one.routes[0]->pattern; });
    if (same == paths.end()) {
      same = paths.emplace(paths.end());
      for (const auto part : std::views::split(route.pattern.substr(1), '/')) {
        same->segments.push_back(read_segment(std::string_view(part.begin(), part.end())));
      }
      if (same->segments.empty()) same->segments.emplace_back();  // "/" has one, an empty one
    }
    same->routes.push_back(&route);
    same->access = std::max(same->access, route.access);
    if (!route.method.empty()) {
      same->allow += std::string(route.method) + (route.method == "GET" ? ", HEAD, " : ", ");
    }
  }
  for (Path& path : paths) path.allow += "OPTIONS";
  return paths;
}

/// The segments of a path. They are decoded after the split, so that a name may contain an escaped
/// slash.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (const auto part : std::views::split(path.substr(path.starts_with('/') ? 1 : 0), '/')) {
    segments.push_back(percent_decoded(std::string_view(part.begin(), part.end())));
  }
  if (segments.empty()) segments.emplace_back();
  return segments;
}

/// The paths for a 404: those of the API that was meant, by the first segment of the path. Versions
/// and labels of models are left out, they are described with the models.
std::vector<std::string> known_paths(std::string_view path) {
  constexpr std::string_view kOthers[] = {"/v1", "/v2", "/admin"};
  const auto belongs_to = [](std::string_view pattern, std::string_view first) {
    return pattern == first || pattern.starts_with(std::string(first) + "/");
  };
  const auto other_of = [&](std::string_view one) -> std::string_view {
    for (const std::string_view other : kOthers) {
      if (belongs_to(one, other)) return other;
    }
    return "";
  };
  const std::string_view meant = other_of(path);
  std::vector<std::string> out;
  for (const Route& route : http_routes()) {
    const std::string_view pattern = route.pattern;
    const bool detail = pattern.contains("{version}") || pattern.contains("{label}") ||
                        pattern.contains("{file}") || pattern.ends_with('/');
    if (detail || route.method.empty() || other_of(pattern) != meant) continue;
    out.emplace_back(pattern);
  }
  if (meant.empty()) {
    for (const std::string_view other : kOthers) out.push_back(std::string(other) + "/...");
  }
  return out;
}

}  // namespace

RouteMatch match_route(const HttpRequest& request) {
  static const std::vector<Path> http = paths_of(http_routes());
  static const std::vector<Path> grpc = paths_of(grpc_routes());
  RouteMatch out;
  const std::vector<std::string> path = segments_of(path_of(request.target));
  for (const Path& one : request.grpc ? grpc : http) {
    if (!one.matches(path, out.parts)) continue;
    out.allow = one.allow;
    out.access = one.access;
    const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
    const auto route = std::ranges::find_if(one.routes, [&](const Route* candidate) {
      return candidate->method.empty() || candidate->method == method;
    });
    if (route != one.routes.end()) out.route = *route;
    return out;
  }
  out.parts.clear();
  return out;
}

std::string_view path_of(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {  // absolute form
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find_first_of("?#"));
}

HttpError no_such_route(const HttpRequest& request, const RouteMatch& match) {
  const std::string path = shown(path_of(request.target));
  if (request.grpc) {
    return {501, "there is no such call", path,
            "use the calls of " + std::string(kGrpcService) + " or " + std::string(kHealthService) +
                "/Check"};
  }
  if (!match.allow.empty()) {
    return HttpError(405, shown(request.method, 20) + " is not allowed here", path,
                     "use " + match.allow.substr(0, match.allow.find(',')))
        .with("Allow", match.allow);
  }
  return {404, "there is no such path", path, "the paths are " + listed(known_paths(path), 30)};
}

HttpResponse options_answer(const std::string& allow) {
  HttpResponse response{204, "", ""};
  response.with("Allow", allow);
  return response;
}

}  // namespace vitrine::serve
