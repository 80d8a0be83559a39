// XGBoost and LIBLINEAR are in the module lib/vitrine/libvitrine-learn.so, which is loaded for
// training on tables: they link OpenBLAS and OpenMP, whose initialisation would delay predictions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "train/table/logistic.h"
#include "train/table/trees.h"

namespace vitrine::train {

/// "3.0.0"
std::string xgboost_version();

/// The functions of the module.
struct SolverEntryPoints {
  /// See cross_validate_trees() and fit_trees().
  TreeTrial (*cross_validate_trees)(const std::vector<TreeFold>& folds, std::size_t rows,
                                    std::size_t classes, const TreeOptions& options);
  model::TreeEnsemble (*fit_trees)(const TreeRows& rows, std::size_t classes,
                                   const TreeOptions& options, int rounds);
  /// See fit_liblinear().
  Weights (*fit_liblinear)(const Design& design, std::span<const std::uint8_t> positive,
                           const RowChoice& rows, double c, double tolerance);
  std::string (*xgboost_version)();
};

/// Loads the module at the first call. Thread-safe. Throws Error(failed).
const SolverEntryPoints& solver_entry_points();

}  // namespace vitrine::train
