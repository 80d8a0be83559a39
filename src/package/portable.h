// Programs with all their libraries in one folder, independent of the libraries of the machine.
#pragma once

#include "package/shipment.h"

namespace vitrine::package {

/// `vitrine-serve` (a script that calls the loader in `lib`; of each program one), `bin`, `lib`,
/// `models`, licences.
FileTree portable_tree(const Shipment& shipment, const Program& program);

}  // namespace vitrine::package
