// TensorFlow Serving's REST API, which is also KServe's v1 protocol.
// https://www.tensorflow.org/tfx/serving/api_rest
#pragma once

#include "serve/api/protocol_adapter.h"

namespace vitrine::serve {

std::unique_ptr<ProtocolAdapter> tensorflow_adapter();

/// GET /v1/models/NAME[/versions/V], with the fields of TensorFlow Serving and of KServe's v1.
Json tensorflow_status(const CatalogueEntry& entry, const ServedModel* only_version);

/// GET /v1/models/NAME/metadata
Json tensorflow_metadata(const ServedModel& model);

}  // namespace vitrine::serve
