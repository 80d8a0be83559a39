// The features of a model of scikit-learn: a DictVectorizer or named columns, and the scalers
// behind.
#pragma once

#include <vector>

#include "interop/foreign_features.h"
#include "interop/sklearn/object_reader.h"

namespace vitrine::interop {

/// The features of a DictVectorizer: `contract=two_year` is a category of the column contract,
/// `tenure` is a number. `zeros_are_missing`: to a library that reads sparse matrices, what a row
/// does not have is missing; else it is 0. Throws Error(bad_input).
ForeignTable vectorizer_features(const PickleValue& vectorizer, bool zeros_are_missing,
                                 const ObjectReader& reader);

/// Columns of numbers: the names with which `object` was fitted (feature_names_in_), else x0, x1,
/// ... A missing number is missing to the model. Throws Error(bad_input).
ForeignTable named_features(const PickleValue& object, const ObjectReader& reader);

/// Appends the scaler's step to all features. Throws Error(bad_input) for one that is not affine.
void add_scaler(const PickleValue& scaler, std::vector<ForeignFeature>& features,
                const ObjectReader& reader);

/// Whether the class is a scaler that add_scaler() reads.
bool is_scaler(const PickleValue& object);

}  // namespace vitrine::interop
