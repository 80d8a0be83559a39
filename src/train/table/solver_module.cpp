#include "train/table/solver_module.h"

#include "base/module.h"

namespace vitrine::train {

const SolverEntryPoints& solver_entry_points() {
  static const auto& entry_points =
      load_module<SolverEntryPoints>("learn", "the part that trains on tables");
  return entry_points;
}

std::string xgboost_version() { return solver_entry_points().xgboost_version(); }

}  // namespace vitrine::train
