// Trees of scikit-learn, for classes and for numbers: single ones, random forests, extremely
// randomised trees, bags of trees, gradient boosting.
#pragma once

#include "interop/foreign_model.h"
#include "interop/sklearn/object_reader.h"

namespace vitrine::interop {

bool is_tree_model(const PickleValue& object);

/// A model of `features` features. Throws Error(bad_input).
ForeignModel read_tree_model(const PickleValue& object, std::size_t features,
                             const ObjectReader& reader);

}  // namespace vitrine::interop
