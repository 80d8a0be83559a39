// An OCI image (image-spec 1.1), written without a daemon and without root.
#pragma once

#include <string>

#include "package/shipment.h"

namespace vitrine {

struct OciImage {
  std::string tar;             ///< OCI layout and Docker's manifest.json in one: all tools load it
  std::string sbom;            ///< as it lies in the image
  std::string digest;          ///< of the manifest: sha256:...
  std::size_t compressed = 0;  ///< bytes of the layers, as a registry keeps them
};

/// Equal input gives equal bytes.
OciImage oci_image(const Shipment& shipment, const Program& program);

}  // namespace vitrine
