#include "serve/api/web_page.h"

#include <algorithm>

#include "base/text.h"
#include "serve/api/http_error.h"
#include "web/assets.h"

namespace vitrine::serve {
namespace {

/// The Content-Security-Policy: scripts, styles and requests of this server only; photos and the
/// camera's video from memory.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors "
    "'none'";

/// Whether a comma-separated header contains `name` with a quality (`q=`) above 0.
bool lists(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    const std::string_view item = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    if (lower_ascii(trimmed(item.substr(0, semicolon))) != name) continue;
    const std::string_view rest = item.substr(semicolon);
    const std::size_t q = rest.find("q=");
    return q == std::string_view::npos ||
           rest.find_first_of("123456789", q) != std::string_view::npos;
  }
  return false;
}

}  // namespace

bool wants_page(const HttpRequest& request) {
  const std::string_view accept = request.header("Accept");
  if (lists(accept, "text/html")) return true;
  if (lists(accept, "application/json")) return false;
  // KServe's client uses httpx with "Accept: */*" and expects JSON.
  return !request.header("User-Agent").starts_with("python-httpx");
}

HttpResponse page_file(const HttpRequest& request, std::string_view name) {
  const web::Asset* asset = web::find_asset(name);
  if (asset == nullptr) {
    throw HttpError(404, "the page has no file '" + shown(name) + "'", "the path", "ask for /");
  }
  HttpResponse response{.content_type = asset->type, .cache = "no-cache"};
  response.with("ETag", asset->etag);
  response.with("Vary", name.ends_with(".html") ? "Accept, Accept-Encoding" : "Accept-Encoding");
  response.with("Content-Security-Policy", kPolicy);
  response.with("Referrer-Policy", "no-referrer");
  response.with("X-Frame-Options", "DENY");
  response.with("Permissions-Policy", "camera=(self)");
  const std::string_view known = request.header("If-None-Match");
  if (known == "*" || known.find(asset->etag) != std::string_view::npos) {
    response.status = 304;
    response.content_type.clear();
    return response;
  }
  if (lists(request.header("Accept-Encoding"), "gzip")) {
    response.with("Content-Encoding", "gzip");
    response.body = asset->compressed;
  } else {
    response.body = asset->content;
  }
  return response;
}

}  // namespace vitrine::serve
