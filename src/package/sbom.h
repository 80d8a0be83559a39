// A bill of materials: SPDX 2.3 as JSON (spdx.github.io/spdx-spec/v2.3).
#pragma once

#include <string>

#include "package/shipment.h"

namespace vitrine::package {

/// Lists Vitrine, the Debian packages of the files, files of no package, and the models with their
/// SHA-256. Reproducible: equal input gives equal text.
std::string sbom_of(const Shipment& shipment, const Program& program);

}  // namespace vitrine::package
