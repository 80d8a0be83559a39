// The server's own description.
#pragma once

#include "base/json.h"
#include "model/card.h"

namespace vitrine {

struct ServedModel;

/// An OpenAPI 3.1 document: the fixed paths, and each model's columns as a
/// schema. Categories stand there as `examples`, for unseen ones are answered.
Json openapi_document(const std::vector<std::unique_ptr<ServedModel>>& models);

/// A row that the model could have met: medians and most frequent categories.
Json typical_row(const TableSchema& schema);

}  // namespace vitrine
