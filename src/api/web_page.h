// GET / for people: the web page and its files.
#pragma once

#include "api/call.h"

namespace vitrine {

/// Whether whoever asks for `/` is to get the page. Programs that say so, and KServe's client,
/// which asks `/` whether the server lives, get JSON.
bool wants_page(const HttpRequest& request);

/// A file of the page, compressed where the client takes that; 304 where it has it already. Throws
/// HttpError(404).
HttpResponse page_file(const HttpRequest& request, std::string_view name);

}  // namespace vitrine
