// Trees of scikit-learn: single ones, random forests, extremely randomised trees, gradient
// boosting.
#pragma once

#include "interop/foreign_model.h"
#include "interop/sklearn/object_reader.h"

namespace vitrine::interop {

bool is_tree_classifier(const PickleValue& object);

/// A classifier of `features` features. Throws Error(bad_input).
ForeignModel read_tree_classifier(const PickleValue& object, std::size_t features,
                                  const ObjectReader& reader);

}  // namespace vitrine::interop
