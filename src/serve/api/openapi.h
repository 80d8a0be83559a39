// The OpenAPI 3.1 document of the API, generated from the cards of the served models.
#pragma once

#include "base/json.h"
#include "serve/models/catalogue.h"

namespace vitrine::serve {

/// `feedback`: the server logs predictions, so that it takes their truths.
Json openapi_document(const Catalogue& catalogue, bool feedback);

}  // namespace vitrine::serve
