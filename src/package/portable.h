// A server with all its libraries in one folder, independent of the machine's own.
#pragma once

#include "package/shipment.h"

namespace vitrine {

/// `vitrine-serve` (a script that calls the loader in `lib`), `bin`, `lib`, `models`, licences.
FileTree portable_tree(const Shipment& shipment, const Program& program);

}  // namespace vitrine
