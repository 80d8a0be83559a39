// Vitrine's own protocol: a JSON row or array of rows, a CSV table, a photo. docs/http.md.
#pragma once

#include "api/exchange.h"
#include "net/fetch.h"

namespace vitrine {

/// `urls` must outlive it: the hosts that photos may be fetched from. Throws HttpError(415)
/// for a content type that the model does not take, Error for a bad `?set=`.
std::unique_ptr<Exchange> native_exchange(const Call& call, const FetchPolicy& urls);

}  // namespace vitrine
