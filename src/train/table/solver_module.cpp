#include "train/table/solver_module.h"

#include "base/module.h"

namespace vitrine::train {

const SolverEntryPoints& solver_entry_points() {
  static const auto& entry_points =
      load_module<SolverEntryPoints>("learn", "the part that trains on tables");
  return entry_points;
}

}  // namespace vitrine::train
