// A bill of materials: SPDX 2.3 as JSON (spdx.github.io/spdx-spec/v2.3).
#pragma once

#include <string>

#include "package/shipment.h"

namespace vitrine {

/// Vitrine, the Debian packages that the files come from, files of no package, and the models with
/// their SHA-256. Equal input gives equal text.
std::string sbom_of(const Shipment& shipment, const Program& program);

}  // namespace vitrine
