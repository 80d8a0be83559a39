// The web page: GET / for browsers, and its files.
#pragma once

#include "serve/api/request_context.h"

namespace vitrine::serve {

/// Whether a request of `/` gets the web page. Programs that accept only JSON, and KServe's client,
/// which uses `/` to check that the server is alive, get JSON.
bool wants_page(const HttpRequest& request);

/// A file of the page, compressed if the client accepts gzip; 304 if its ETag matches. Throws
/// HttpError(404).
HttpResponse page_file(const HttpRequest& request, std::string_view name);

}  // namespace vitrine::serve
