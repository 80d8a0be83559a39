// Imports classifiers of photos that Keras saved, or that TensorFlow Lite converted.
#pragma once

#include <string>
#include <string_view>

#include "interop/imported_model.h"
#include "interop/keras/saved_model.h"

namespace vitrine::interop {

/// A .h5 or .keras file as a model of photos. Throws Error(bad_input) for what can't be imported,
/// and Error(usage) where an option is missing or does not fit.
ImportedModel import_keras(std::string_view bytes, const ImportOptions& options,
                           const std::string& where);

/// A SavedModel; throws as above.
ImportedModel import_saved_model(const SavedModelFiles& files, const ImportOptions& options,
                                 const std::string& where);

/// A .tflite file; throws as above.
ImportedModel import_tflite(std::string_view bytes, const ImportOptions& options,
                            const std::string& where);

}  // namespace vitrine::interop
