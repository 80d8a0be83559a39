// Feature importance of the columns.
#pragma once

#include "data/table/table.h"
#include "model/card.h"
#include "model/classifier.h"
#include "model/features.h"

namespace vitrine::train {

/// The increase of the log loss, or of the root mean squared error of numbers, on `rows` (at most
/// 5,000 are used) if the values of a column are shuffled (permutation importance, Breiman 2001),
/// the largest first. For linear models of two classes also the features with the largest weights.
model::FeatureImportance column_importance(const data::TableSchema& schema,
                                           const model::FeatureLayout& layout,
                                           const model::Classifier& classifier,
                                           const data::Table& rows);

}  // namespace vitrine::train
