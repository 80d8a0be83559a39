// Which columns a model leans on.
#pragma once

#include "base/json.h"
#include "data/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine {

/// `[{"column", "log_loss_increase"}]`, largest first: by how much the log loss
/// on `rows` (at most 5,000 are used) grows when one column is shuffled among
/// them (permutation importance, Breiman 2001). Linear models also get
/// `weights`: their features with the largest weights, in logits.
Json column_importance(const TableSchema& schema, const FeatureLayout& layout,
                       const Classifier& classifier, const Table& rows);

}  // namespace vitrine
