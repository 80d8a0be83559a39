// Feature importance of the columns.
#pragma once

#include "base/json.h"
#include "data/table/table.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::train {

/// `{"columns": [{"column", "log_loss_increase"}]}`, largest first: the increase of the log loss on
/// `rows` (at most 5,000 are used) if the values of a column are shuffled (permutation importance,
/// Breiman 2001). For linear models of two classes also `weights`: the features with the largest
/// weights, in logits.
Json column_importance(const data::TableSchema& schema, const model::FeatureLayout& layout,
                       const model::Classifier& classifier, const data::Table& rows);

}  // namespace vitrine::train
