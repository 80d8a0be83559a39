// TensorFlow Serving's REST API, and with it KServe's v1 protocol.
// https://www.tensorflow.org/tfx/serving/api_rest
#pragma once

#include "api/exchange.h"

namespace vitrine {

std::unique_ptr<Exchange> tensorflow_exchange();

/// GET /v1/models/NAME[/versions/V]: with the fields of KServe's v1 beside TensorFlow's.
Json tensorflow_status(const CatalogueEntry& entry, const ServedModel* only);

/// GET /v1/models/NAME/metadata
Json tensorflow_metadata(const ServedModel& model);

}  // namespace vitrine
