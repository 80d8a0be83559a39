// Packages of models, program and libraries for a deployment target: what `package` does.
#pragma once

#include <string>
#include <vector>

#include "package/targets.h"
#include "serve/models/model_store.h"

namespace vitrine::app {

struct PackageOptions {
  package::Contents contents = package::Contents::models;
  std::vector<serve::ModelFileName> models;  ///< /predict uses the first; empty for other contents
  std::string target;                        ///< name of a package target: "oci"
  std::string output;                        ///< the folder to write; new or empty
  std::string name;                          ///< of the package; empty: the first model's
  std::string tag;     ///< of an image, NAME:TAG; empty: made of name and version
  std::string signer;  ///< public key file (PEM); empty: signatures are not required
  std::vector<std::string> serve_options;  ///< options of `serve` in the package, word by word
  package::ServeFacts facts;               ///< what the package must know about those options
};

/// Opens each model as the server will, to find out which modules it loads, and writes the folder
/// completely or not at all. Returns the names of the packaged models. Throws Error.
std::vector<std::string> package_models(const PackageOptions& options);

}  // namespace vitrine::app
