// What stands before a model of scikit-learn that was fitted on a table: ColumnTransformer,
// FeatureUnion, Pipeline, encoders, imputers and scalers.
#pragma once

#include <span>

#include "interop/foreign_features.h"
#include "interop/sklearn/object_reader.h"

namespace vitrine::interop {

/// Whether transformed_features() reads the class.
bool is_transformer(const PickleValue& object);

/// The features behind the transformers, in order. The columns are those that the first one was
/// fitted on: categories where an encoder reads them, else numbers. Throws Error(bad_input) for a
/// transformer that is not read, or that is not a function of one column.
ForeignTable transformed_features(std::span<const PickleValue* const> transformers,
                                  const ObjectReader& reader);

/// Whether the last of the transformers gives a sparse matrix.
bool gives_sparse_matrix(std::span<const PickleValue* const> transformers,
                         const ObjectReader& reader);

}  // namespace vitrine::interop
