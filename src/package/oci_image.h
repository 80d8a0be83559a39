// An OCI image (image-spec 1.1), written without a daemon and without root.
#pragma once

#include <string>

#include "package/shipment.h"

namespace vitrine::package {

struct OciImage {
  std::string tar;             ///< an OCI layout that also has Docker's manifest.json
  std::string sbom;            ///< the bill of materials that is in the image
  std::string digest;          ///< of the manifest: sha256:...
  std::size_t compressed = 0;  ///< size of the compressed layers in bytes
};

/// Reproducible: equal input gives equal bytes. Throws Error(failed).
OciImage oci_image(const Shipment& shipment, const Program& program);

}  // namespace vitrine::package
