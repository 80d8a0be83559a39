// Linear models of scikit-learn: logistic regression, linear regression and its family, generalised
// linear models.
#pragma once

#include "interop/foreign_model.h"
#include "interop/sklearn/object_reader.h"

namespace vitrine::interop {

bool is_linear_model(const PickleValue& object);

/// A model of `features` features. Margins become probabilities by the rule of the version of
/// scikit-learn that saved the model, or of `options.as_version`. Throws Error(bad_input),
/// Error(usage) for a version that is none.
ForeignModel read_linear_model(const PickleValue& object, std::size_t features,
                               const ImportOptions& options, const ObjectReader& reader);

}  // namespace vitrine::interop
