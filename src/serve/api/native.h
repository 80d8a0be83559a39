// Vitrine's own protocol: a JSON row or array of rows, a CSV table, photos.
// docs/reference/http.md.
#pragma once

#include "net/fetch.h"
#include "serve/api/protocol_adapter.h"

namespace vitrine::serve {

/// The adapter for a request. `urls`: hosts from which photos may be fetched; must outlive it.
/// Throws HttpError(415) for a content type that the model does not accept, HttpError(400) for an
/// invalid query, HttpError(422) for a model without a card.
std::unique_ptr<ProtocolAdapter> native_adapter(const RequestContext& context,
                                                const net::FetchPolicy& urls);

}  // namespace vitrine::serve
