// A classifier of photos from another program's file, before it becomes a model of Vitrine.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "interop/imported_model.h"
#include "model/backbone.h"

namespace vitrine::interop {

struct ForeignNetwork {
  model::Backbone backbone;  ///< its cut are the logits, [N, outputs]
  std::size_t outputs = 0;   ///< one for each class, or one for two classes
  bool grey = false;         ///< the input has one channel
  /// How the network itself scales what it is given, by channel of the input.
  struct Scale {
    std::array<double, 3> scale{1, 1, 1};
    std::array<double, 3> shift{};
    bool bgr = false;  ///< it then reverses the channels
  } own_scale;
  bool scales_itself = false;  ///< own_scale is the scaling of pixels that it was trained with
  std::string from;            ///< "Keras 3.12.0"
  std::vector<std::string> notes;
  bool ends_in_logits = false;
};

/// The preprocessing of a name: that of a normalisation ("half"), of a family of networks in
/// keras.applications ("xception"), or "none". Throws Error(usage) with all names.
model::Normalisation normalisation_of(const std::string& name);

/// Names of classes: "a,b,c", or a file with one in each line, a list in JSON, or an object in JSON
/// from names to places or from places to names. Empty for an empty text. Throws Error(usage).
std::vector<std::string> class_names(const std::string& text);

/// Throws Error(usage) if a needed option is missing or the names are not as many as the classes.
ImportedModel imported_photo_model(ForeignNetwork network, const ImportOptions& options,
                                   const std::string& where);

}  // namespace vitrine::interop
