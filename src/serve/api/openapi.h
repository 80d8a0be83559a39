// The OpenAPI 3.1 document of the API, generated from the cards of the served models.
#pragma once

#include "base/json.h"
#include "serve/models/catalogue.h"

namespace vitrine::serve {

Json openapi_document(const Catalogue& catalogue);

}  // namespace vitrine::serve
