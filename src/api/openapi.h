// OpenAPI 3.1 of what is served, made from the cards.
#pragma once

#include "base/json.h"
#include "host/catalogue.h"

namespace vitrine {

Json openapi_document(const Catalogue& catalogue);

}  // namespace vitrine
